/** Holds the write lock of the database named by its first argument for so many milliseconds as the second says. */
import { writeSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'

const database = new DatabaseSync(process.argv[2] ?? '')
database.exec('BEGIN IMMEDIATE')
writeSync(1, 'locked\n')
await sleep(Number(process.argv[3]))
database.exec('ROLLBACK')
database.close()
