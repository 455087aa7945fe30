/** The goals of the design for requests, held against what was measured. */
import type { Goal } from '../goals.ts'
import type { Measured } from '../measure.ts'

/** CPU over the bare server, in microseconds. */
const EXTRA_US = 3.5
/** Requests per CPU second that are kept, of those of the bare server: with one session, with many. */
const KEPT = { usual: [0.85, 0.75], 'Express 5': [0.78, 0.68] } as const

export function httpGoalsOf(rows: readonly Measured[]): readonly Goal[] {
  return [...new Set(rows.map((row) => row.case))].flatMap((name) => {
    const mine = rows.filter((row) => row.case === name)
    const floor = mine.find(({ kind }) => kind === 'floor')
    if (!floor) return []
    const isExpress = name.startsWith('Express 5')
    const [hot, wide] = isExpress ? KEPT['Express 5'] : KEPT.usual
    const least = name.includes('hot') ? hot : wide
    return mine
      .filter(({ kind }) => kind === 'ours')
      .flatMap(({ subject, cpu }) => {
        const extra = cpu.median - floor.cpu.median
        const kept = floor.cpu.median / cpu.median
        return [
          ...(isExpress
            ? []
            : [
                {
                  case: name,
                  goal: `${subject}: at most ${EXTRA_US} us over the bare server`,
                  measured: `${extra.toFixed(2)} us`,
                  isMet: extra <= EXTRA_US,
                },
              ]),
          {
            case: name,
            goal: `${subject}: keeps ${Math.round(least * 100)} % of its requests`,
            measured: `${(kept * 100).toFixed(1)} %`,
            isMet: kept >= least,
          },
        ]
      })
  })
}
