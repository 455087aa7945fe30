/** Measures subjects side by side: interleaved round by round in one process, CPU and wall time per operation. */

/** One way to do the work. */
export interface Subject {
  readonly name: string
  /** `floor`: the least that anybody could do; `peer`: another library; `ours`. */
  readonly kind: 'floor' | 'peer' | 'ours'
  /** Called before each batch, outside the measured time. */
  prepare?(batch: Batch): void
  /** Does the work once for each input, in order. */
  run(batch: Batch): void | Promise<void>
}

/** Inputs that no subject has seen before: fresh strings, as they come from a socket. */
export interface Batch {
  readonly tokens: readonly string[]
  /** Which of the prepared inputs each token is, for floors that are handed prepared bytes. */
  readonly indexes: readonly number[]
}

export interface Case {
  readonly name: string
  readonly subjects: readonly Subject[]
  /** A stream of inputs, one for each subject; batches are made outside the measured time. */
  inputs(): Inputs
  /** How many inputs each subject sees before it is measured. */
  readonly warmUp: number
}

export type Inputs = (count: number) => Batch

export interface Statistic {
  readonly median: number
  readonly min: number
  readonly max: number
}

export interface Measured {
  readonly case: string
  readonly subject: string
  readonly kind: Subject['kind']
  readonly rounds: number
  readonly operations: number
  /** Microseconds per operation. */
  readonly cpu: Statistic
  readonly wall: Statistic
}

export interface Plan {
  readonly rounds: number
  /** Measured CPU time of one subject in one round, about. */
  readonly roundMs: number
  readonly progress: (text: string) => void
}

const BATCH = 500
const WARM_UP_MS = 150

interface Run {
  readonly subject: Subject
  readonly inputs: Inputs
  readonly operations: number
  readonly cpu: number[]
  readonly wall: number[]
}

export async function measure(work: Case, plan: Plan): Promise<readonly Measured[]> {
  const runs: Run[] = []
  for (const subject of work.subjects) {
    plan.progress(`${work.name}: warming ${subject.name}`)
    const inputs = work.inputs()
    runs.push({
      subject,
      inputs,
      operations: await calibrate(subject, inputs, work.warmUp, plan.roundMs),
      cpu: [],
      wall: [],
    })
  }
  for (let round = 0; round < plan.rounds; round++) {
    plan.progress(`${work.name}: round ${round + 1} of ${plan.rounds}`)
    for (let i = 0; i < runs.length; i++) {
      // Another one begins each time, so that none always runs on a heap that the same one has left.
      const { subject, inputs, operations, cpu, wall } = runs[(i + round) % runs.length] as Run
      const spent = await spend(subject, inputs, operations)
      cpu.push(spent.cpu / operations)
      wall.push(spent.wall / operations)
    }
  }
  return runs.map(({ subject, operations, cpu, wall }) => ({
    case: work.name,
    subject: subject.name,
    kind: subject.kind,
    rounds: plan.rounds,
    operations: operations * plan.rounds,
    cpu: statisticOf(cpu),
    wall: statisticOf(wall),
  }))
}

/** Runs it warm, then answers how many operations take about `roundMs`. */
async function calibrate(subject: Subject, inputs: Inputs, warmUp: number, roundMs: number): Promise<number> {
  await spend(subject, inputs, warmUp)
  const until = performance.now() + WARM_UP_MS
  let operations = 0
  let spentUs = 0
  do {
    operations += BATCH
    spentUs += (await spend(subject, inputs, BATCH)).wall
  } while (performance.now() < until)
  const perOperation = Math.max(spentUs / operations, 0.01)
  return Math.max(BATCH, Math.ceil((roundMs * 1000) / perOperation / BATCH) * BATCH)
}

/** Microseconds of CPU (all threads of the process) and of wall time for so many operations. */
async function spend(subject: Subject, inputs: Inputs, operations: number): Promise<{ cpu: number; wall: number }> {
  let cpu = 0
  let wall = 0
  for (let done = 0; done < operations; done += BATCH) {
    const batch = inputs(Math.min(BATCH, operations - done))
    subject.prepare?.(batch)
    const began = performance.now()
    const before = process.cpuUsage()
    const pending = subject.run(batch)
    if (pending) await pending
    const used = process.cpuUsage(before)
    wall += (performance.now() - began) * 1000
    cpu += used.user + used.system
  }
  return { cpu, wall }
}

export function statisticOf(values: readonly number[]): Statistic {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (position: number): number => sorted[position] ?? Number.NaN
  const middle = (sorted.length - 1) / 2
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, min: at(0), max: at(sorted.length - 1) }
}
