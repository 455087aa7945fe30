/**
 * Parts that are loaded when they are first used (docs/decisions/0010-speed-and-size.md): whoever imports Sojourn pays at once for what a request
 * needs, and for the rest when it is needed. Only what answers a promise anyway can be loaded so.
 */

type Asynchronous<T> = { readonly [Name in keyof T]: (...given: never[]) => Promise<unknown> }
type Methods = Readonly<Record<string, (...given: readonly unknown[]) => Promise<unknown>>>

/** Calls `load` when it is first asked, and again after a failure. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | null = null
  return () => {
    loading ??= load().catch((error: unknown) => {
      loading = null
      throw error
    })
    return loading
  }
}

/**
 * A part in the shape of the real one, which each of its methods loads first.
 * @param names all of its methods, by name
 */
export function onDemand<T extends Asynchronous<T>>(
  names: Readonly<Record<keyof T & string, true>>,
  load: () => Promise<T>,
): T {
  // The compiler cannot follow a method from its name to its type; `names` holds them to be the same ones.
  const loaded = async (): Promise<Methods> => (await load()) as unknown as Methods
  const methods: Methods = Object.fromEntries(
    Object.keys(names).map((name) => [
      name,
      async (...given: readonly unknown[]) => (await loaded())[name]?.(...given),
    ]),
  )
  return methods as unknown as T
}
