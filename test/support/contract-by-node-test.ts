/** The shipped contract in the hands of somebody who wrote a store and uses node:test. `broken`: a store that forgets versions. */
import { describe, it } from 'node:test'
import { createMemoryStore, storeContract } from '../../src/testing/index.ts'

storeContract({ describe, it }, 'mine', () => {
  const store = createMemoryStore()
  if (process.argv[2] !== 'broken') return store
  const { sessions } = store
  return { ...store, sessions: { ...sessions, save: async () => 'saved' as const } }
})
