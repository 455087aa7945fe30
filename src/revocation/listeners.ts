/** A set of listeners. */

export interface Listeners<T> {
  /** Returns how to stop. */
  add(listener: (value: T) => void): () => void
  /** Tells all of them; what one throws goes to the caller, or to `onThrow` where there is one. */
  tell(value: T): void
}

export function createListeners<T>(onThrow?: (cause: unknown) => void): Listeners<T> {
  const listeners = new Set<(value: T) => void>()
  return {
    add(listener) {
      // A listener of its own each time, so that the same function may listen twice and stop twice.
      const own = (value: T): void => listener(value)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
    tell(value) {
      for (const listener of listeners) {
        if (!onThrow) {
          listener(value)
          continue
        }
        try {
          listener(value)
        } catch (cause) {
          onThrow(cause)
        }
      }
    },
  }
}
