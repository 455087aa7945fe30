/** What every set of vectors is turned into, and how it is run and summed up. */

/** What a strict verifier should say. `either`: both answers are right. */
export type Wanted = 'accept' | 'reject' | 'either'

export interface Case {
  readonly id: string
  readonly wanted: Wanted
  /**
   * Why our answer cannot be compared: an algorithm that we do not make, a format that we do not read. Such a case is still
   * run, and must be refused.
   */
  readonly skip?: string
  /** True when our code accepts; false, or an AuthError, when it refuses. For facts instead of answers: whether they hold. */
  readonly run: () => boolean | Promise<boolean>
}

export interface Suite {
  readonly file: string
  /** How many cases the file itself says that it has. */
  readonly numberOfTests: number
  readonly cases: readonly Case[]
}

export interface Result {
  readonly file: string
  readonly cases: number
  readonly passed: number
  readonly failed: readonly string[]
  readonly skipped: readonly { readonly id: string; readonly reason: string }[]
}

export async function runSuite(suite: Suite): Promise<Result> {
  const failed: string[] = []
  const skipped: { id: string; reason: string }[] = []
  let passed = 0
  for (const { id, wanted, skip, run } of suite.cases) {
    const answer = await answerOf(run)
    if (skip !== undefined) {
      skipped.push({ id, reason: skip })
      if (answer !== false) failed.push(`${id}: it is left out (${skip}), yet it is not refused`)
    } else if (typeof answer === 'string') failed.push(`${id}: ${answer}`)
    else if (wanted === 'either' || answer === (wanted === 'accept')) passed++
    else failed.push(`${id}: it should ${wanted}, and does not`)
  }
  const ids = new Set(suite.cases.map(({ id }) => id))
  if (ids.size !== suite.cases.length) failed.push('two cases have the same id')
  if (suite.cases.length !== suite.numberOfTests)
    failed.push(`${suite.cases.length} cases were read, the file says ${suite.numberOfTests}`)
  return { file: suite.file, cases: suite.cases.length, passed, failed, skipped }
}

/** An AuthError is a refusal; anything else that is thrown is a fault of ours. */
export async function answerOf(run: Case['run']): Promise<boolean | string> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof Error && error.name === 'AuthError') return false
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}
