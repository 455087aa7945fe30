/** Twenty processes on one SQLite file: of twenty callers one wins. */
import { afterAll, describe } from 'vitest'
import { databaseFiles } from '../support/store-files.ts'
import { storeRaces } from '../support/store-races.ts'

const files = databaseFiles()
afterAll(files.remove)

describe('twenty processes on one file', () => storeRaces(files.next))
