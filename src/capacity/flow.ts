/** Work that flows into a queue, and when the queue is through with it. */

/** How a queue fills: pieces of work that arrive evenly between two instants. */
export interface Flow {
  readonly fromMs: number
  readonly toMs: number
  readonly workMs: number
}

/** When the queue has served all that had arrived by `atMs`, in the order of arrival. */
export function servedBy(flows: readonly Flow[], atMs: number): number {
  const arrived = ({ fromMs, toMs, workMs }: Flow, untilMs: number): number => {
    if (untilMs >= toMs) return workMs
    return untilMs <= fromMs ? 0 : (workMs * (untilMs - fromMs)) / (toMs - fromMs)
  }
  const total = flows.reduce((sum, flow) => sum + arrived(flow, atMs), 0)
  let doneMs = 0
  for (const startMs of [0, atMs, ...flows.flatMap(({ fromMs, toMs }) => [fromMs, toMs])]) {
    if (startMs > atMs) continue
    const before = flows.reduce((sum, flow) => sum + arrived(flow, startMs - 1e-9), 0)
    doneMs = Math.max(doneMs, startMs + total - before)
  }
  return doneMs
}
