/** The goals of the design for checks, held against what was measured. A goal that is missed is said, and fails nothing. */
import type { Measured } from './measure.ts'

export interface Goal {
  readonly case: string
  readonly goal: string
  readonly measured: string
  readonly isMet: boolean
}

/** CPU beyond the fastest signature check, in microseconds. */
const COLD_EXTRA_US = 3

export function goalsOf(rows: readonly Measured[]): readonly Goal[] {
  const cases = [...new Set(rows.map((row) => row.case))]
  return cases.flatMap((name) => {
    const mine = rows.filter((row) => row.case === name)
    const floor = mine.find(({ kind }) => kind === 'floor')
    if (!floor) return []
    return name.endsWith('cold') ? coldGoals(name, floor, mine) : warmGoals(name, floor, mine)
  })
}

function coldGoals(name: string, floor: Measured, rows: readonly Measured[]): readonly Goal[] {
  const ours = rows.find(({ kind }) => kind === 'ours')
  const peer = rows.find(({ subject }) => subject === 'fast-jwt')
  if (!ours || !peer) return []
  const extra = ours.cpu.median - floor.cpu.median
  const ratio = ours.cpu.median / floor.cpu.median
  const spread = peer.cpu.max - peer.cpu.min + ours.cpu.max - ours.cpu.min
  const first = name.startsWith('HS256')
    ? { goal: 'at most 1.4x of HMAC + parse', measured: `${ratio.toFixed(2)}x`, isMet: ratio <= 1.4 }
    : { goal: 'at most crypto.verify + 3 us', measured: `+ ${extra.toFixed(2)} us`, isMet: extra <= COLD_EXTRA_US }
  const behind = ours.cpu.median - peer.cpu.median
  return [
    { case: name, ...first },
    {
      case: name,
      goal: 'not behind fast-jwt by more than the spread',
      measured: `${behind <= 0 ? '' : '+'}${behind.toFixed(2)} us (spread ${spread.toFixed(2)})`,
      isMet: behind <= spread,
    },
  ]
}

function warmGoals(name: string, floor: Measured, rows: readonly Measured[]): readonly Goal[] {
  const [small, large] = rows.filter(({ subject }) => subject.endsWith(' revoked'))
  const peer = rows.find(({ subject }) => subject === 'fast-jwt, cache')
  if (!small || !large) return []
  const isHot = name.includes('hot')
  const rate = 1e6 / small.cpu.median
  const wanted = isHot ? 1_200_000 : 400_000
  return [
    ratioGoal(name, small, floor, 1.5),
    ratioGoal(name, large, floor, 2),
    {
      case: name,
      goal: `at least ${wanted.toLocaleString('en')} a second`,
      measured: Math.round(rate).toLocaleString('en'),
      isMet: rate >= wanted,
    },
    ...(peer ? [peerGoal(name, small, peer)] : []),
  ]
}

function peerGoal(name: string, ours: Measured, peer: Measured): Goal {
  return {
    case: name,
    goal: "ahead of fast-jwt's cache",
    measured: `${(peer.cpu.median / ours.cpu.median).toFixed(2)}x as fast`,
    isMet: ours.cpu.median < peer.cpu.median,
  }
}

function ratioGoal(name: string, row: Measured, floor: Measured, limit: number): Goal {
  const ratio = row.cpu.median / floor.cpu.median
  const what = row.subject.replace('Sojourn, ', '')
  return {
    case: name,
    goal: `${what}: at most ${limit}x of the floor`,
    measured: `${ratio.toFixed(2)}x`,
    isMet: ratio <= limit,
  }
}
