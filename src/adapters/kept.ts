/** A value kept with an object of a framework, where nobody sees it: a private field is no property of the object. */

class Given {
  // What a base class returns is what the derived class adds its private fields to.
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: that is the point
    return object
  }
}

/**
 * Keeps one value with each object. A WeakMap would do the same at ten times the price: with an entry per request its upkeep costs
 * the garbage collector more than everything else here (docs/decisions/0009).
 */
export function createKept<Value>(): {
  put(object: object, value: Value): void
  /** undefined: nothing was put. */
  get(object: object): Value | undefined
} {
  class Keeper extends Given {
    #value: Value

    constructor(object: object, value: Value) {
      super(object)
      this.#value = value
    }

    static put(object: object, value: Value): void {
      if (#value in object) object.#value = value
      else new Keeper(object, value)
    }

    static get(object: object): Value | undefined {
      return #value in object ? object.#value : undefined
    }
  }
  return { put: Keeper.put, get: Keeper.get }
}
