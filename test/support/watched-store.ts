/** The shipped faulty store around the store of a kit, in reach of the test. */
import type { Store } from '../../src/login/store.ts'
import { createFaultyStore, type FaultyStore } from '../../src/testing/index.ts'

export interface WatchedStore {
  /** For `createLoginKit({ wrap })`. */
  readonly wrap: (inner: Store) => Store
  /** Once the kit is made. */
  readonly faulty: FaultyStore
}

export function watchStore(): WatchedStore {
  let faulty: FaultyStore | null = null
  return {
    wrap(inner) {
      faulty = createFaultyStore(inner)
      return faulty
    },
    get faulty() {
      if (!faulty) throw new TypeError('there is no kit yet')
      return faulty
    },
  }
}
