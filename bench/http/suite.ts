/**
 * What does it cost a server to know who asks? The same bare server with nothing, with Sojourn and with others, each a process
 * of its own, asked in turns over keep-alive sockets; CPU as the server's process reports it, its threads and the kernel's part included.
 */
import { type Measured, statisticOf } from '../measure.ts'
import { FRAMEWORKS, type Framework } from './application.ts'
import { load, type RequestAt } from './load.ts'
import { type Credentials, checkPage, pageRequests, signIn } from './requests.ts'
import type { MeasuredServer } from './server-process.ts'
import { openStage, type Stage } from './stage.ts'
import { FLOOR_ASKS_AS, HTTP_SUBJECTS, type HttpSubject, isMeasured } from './subjects.ts'

export interface HttpSuiteOptions {
  readonly suite: 'http' | 'fleet'
  readonly frameworks: readonly Framework[]
  /** Distinct sessions of the wide case. */
  readonly wide: number
  readonly rounds: number
  /** How long each subject is asked in a round. */
  readonly roundMs: number
  readonly progress: (text: string) => void
}

/** As many as keep a server busy, with one request under way on each. */
const CONNECTIONS = 32
const WARM_UP_MS = 1500

/** A subject that is running, ready to be asked. */
interface Contestant {
  readonly subject: HttpSubject
  readonly server: MeasuredServer
  readonly lines: readonly string[]
}

function subjectsOf(framework: Framework, suite: HttpSuiteOptions['suite']): readonly HttpSubject[] {
  return HTTP_SUBJECTS.filter((subject) => subject.frameworks.includes(framework) && isMeasured(subject, suite))
}

/** Two cases of each framework, as they are done. */
export async function* httpCases(options: HttpSuiteOptions): AsyncGenerator<readonly Measured[]> {
  for (const framework of FRAMEWORKS) {
    if (!options.frameworks.includes(framework)) continue
    const stage = await openStage()
    try {
      const contestants = await enter(framework, stage, options)
      yield await compete(`${framework}, one hot session`, contestants, 1, options)
      yield await compete(
        `${framework}, ${options.wide.toLocaleString('en')} sessions`,
        contestants,
        options.wide,
        options,
      )
    } finally {
      await stage.close()
    }
  }
}

async function enter(
  framework: Framework,
  stage: Stage,
  { suite, wide, progress }: HttpSuiteOptions,
): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = []
  const held = new Map<string, Credentials>()
  for (const subject of subjectsOf(framework, suite).toSorted(
    (a, b) => Number(a.kind === 'floor') - Number(b.kind === 'floor'),
  )) {
    const { server } = await stage.start(subject, framework)
    const say = (done: number): void => progress(`${framework}: signing in at ${subject.name}, ${done} of ${wide}`)
    if (subject.kind !== 'floor') {
      say(0)
      const credentials = await signIn(server.port, wide, say)
      await checkPage(server.port, credentials.lines)
      held.set(subject.name, credentials)
    }
    const lines = held.get(subject.kind === 'floor' ? FLOOR_ASKS_AS : subject.name)?.lines ?? []
    contestants.push({ subject, server, lines })
  }
  return contestants.toSorted((a, b) => HTTP_SUBJECTS.indexOf(a.subject) - HTTP_SUBJECTS.indexOf(b.subject))
}

async function compete(
  name: string,
  contestants: readonly Contestant[],
  width: number,
  { rounds, roundMs, progress }: HttpSuiteOptions,
): Promise<readonly Measured[]> {
  const runs = contestants.map(({ subject, server, lines }) => ({
    subject,
    server,
    requestAt: pageRequests(lines.slice(0, width)),
    next: 0,
    cpu: [] as number[],
    wall: [] as number[],
    requests: 0,
  }))
  for (const { subject, server, requestAt } of runs) {
    progress(`${name}: warming ${subject.name}`)
    // What the sign-ins have left behind is not the page's to pay for.
    await server.heap()
    await ask(server, requestAt, 0, { count: width })
    await ask(server, requestAt, 0, { durationMs: WARM_UP_MS })
  }
  for (let round = 0; round < rounds; round++) {
    progress(`${name}: round ${round + 1} of ${rounds}`)
    for (let i = 0; i < runs.length; i++) {
      const run = runs[(i + round) % runs.length] as (typeof runs)[number]
      const spent = await ask(run.server, run.requestAt, run.next, { durationMs: roundMs })
      run.next += spent.requests
      run.requests += spent.requests
      run.cpu.push(spent.cpuUs / spent.requests)
      run.wall.push((spent.wallMs * 1000) / spent.requests)
    }
  }
  return runs.map(({ subject, cpu, wall, requests }) => ({
    case: name,
    subject: subject.name,
    kind: subject.kind,
    rounds,
    operations: requests,
    cpu: statisticOf(cpu),
    wall: statisticOf(wall),
  }))
}

async function ask(
  server: MeasuredServer,
  requestAt: RequestAt,
  from: number,
  until: { readonly count?: number; readonly durationMs?: number },
): Promise<{ readonly requests: number; readonly wallMs: number; readonly cpuUs: number }> {
  const before = await server.cpu()
  const { requests, wallMs } = await load({ port: server.port, requestAt, connections: CONNECTIONS, from, ...until })
  return { requests, wallMs, cpuUs: (await server.cpu()) - before }
}
