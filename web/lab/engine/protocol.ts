/** What page and worker say to each other. */
export type ToWorker =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly argument: unknown }
  | { readonly kind: 'abort'; readonly id: number }

export type ToPage =
  /** `lock`: held as long as the worker lives; null where there are no locks. */
  | { readonly kind: 'ready'; readonly lock: string | null }
  | { readonly kind: 'progress'; readonly id: number; readonly done: number }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string; readonly code: string | null }
