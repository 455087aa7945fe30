/** A command that was called wrongly: one line for the person who typed it. */

export class UsageError extends Error {
  readonly exitCode: 1 | 2

  /** @param exitCode 2: the command line is wrong; 1: what came by standard input or the environment is */
  constructor(message: string, exitCode: 1 | 2 = 2, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageError'
    this.exitCode = exitCode
  }
}
