/** JSON logs. A line holds ids, routes, codes and numbers: never a header's value, a query, a body or a credential. */
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { isAuthError } from '../errors.ts'

/** @param stream default: standard error, so that standard output is for people; null: nowhere */
export function createLogger(stream: DestinationStream | null = destination({ fd: 2, sync: true })): Logger {
  const options = { base: null, timestamp: stdTimeFunctions.isoTime, serializers: { error: describe } }
  return stream === null ? pino({ ...options, enabled: false }) : pino(options, stream)
}

const DEEPEST_CAUSE = 4

/** What is worth knowing of an error, its causes included. */
export function describe(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { name: 'unknown', message: typeof error }
  return {
    name: error.name,
    ...(isAuthError(error) || ('code' in error && typeof error.code === 'string') ? { code: error.code } : {}),
    message: error.message,
    // Where it happened; of our own refusals the code says enough.
    ...(isAuthError(error)
      ? {}
      : {
          stack: error.stack
            ?.split('\n')
            .slice(1, 8)
            .map((line) => line.trim()),
        }),
    ...(error.cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: describe(error.cause, depth + 1) }),
  }
}
