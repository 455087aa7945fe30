/** All migrations in order: the version of a schema is how many of them it has seen. */
import { familyFunctions } from './family-functions.ts'
import { fenceFunction } from './fence-function.ts'
import { groupFunctions } from './group-functions.ts'
import { logFunctions } from './log-functions.ts'
import { otherFunctions } from './other-functions.ts'
import { recoveryFunctions } from './recovery-functions.ts'
import { sessionFunctions } from './session-functions.ts'
import { tables } from './tables.ts'

/** @param s  the quoted name of the schema @param channel  what appends notify */
type Migration = (s: string, channel: string) => string

export const MIGRATIONS: readonly Migration[] = [
  (s, channel) =>
    [
      tables(s),
      logFunctions(s, channel),
      sessionFunctions(s),
      groupFunctions(s),
      familyFunctions(s),
      otherFunctions(s),
      recoveryFunctions(s),
      fenceFunction(s),
    ].join('\n'),
]

export const SCHEMA_VERSION = MIGRATIONS.length
