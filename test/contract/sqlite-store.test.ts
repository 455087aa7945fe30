/** The SQLite store keeps the contract. */
import { afterAll, describe, it } from 'vitest'
import { createSqliteStore } from '../../src/stores/sqlite/index.ts'
import { storeContract } from '../../src/testing/index.ts'
import { databaseFiles } from '../support/store-files.ts'

const files = databaseFiles()
afterAll(files.remove)

storeContract({ describe, it }, 'SQLite', () => createSqliteStore({ path: files.next() }))
