/** What `npm run model` checks: each model with all of its rules, and with each rule taken out. */

export type Outcome = 'holds' | 'assertion violated' | 'invalid end state' | 'acceptance cycle'

export interface Configuration {
  /** The file in `model/`, without its ending. */
  readonly model: string
  readonly title: string
  /** For the preprocessor: `NV=2`, `NO_G3`. */
  readonly defines: readonly string[]
  readonly property: 'safety' | 'liveness'
  readonly expected: Outcome
  /** Over ten million states, or minutes: with `--large` only. */
  readonly isLarge: boolean
}

interface Traits {
  readonly property?: Configuration['property']
  readonly expected?: Outcome
  readonly isLarge?: boolean
}

type Row = readonly [title: string, defines: string, traits?: Traits]

function rows(model: string, list: readonly Row[]): Configuration[] {
  return list.map(([title, defines, traits]) => ({
    model,
    title,
    defines: defines.split(' ').filter(Boolean),
    property: traits?.property ?? 'safety',
    expected: traits?.expected ?? 'holds',
    isLarge: traits?.isLarge ?? false,
  }))
}

const WRONG: Traits = { expected: 'assertion violated' }
const LARGE: Traits = { isLarge: true }
const LIVE: Traits = { property: 'liveness' }

export const CONFIGURATIONS: readonly Configuration[] = [
  ...rows('revocation', [
    ['all rules, 2 verifiers, 1 revocation', ''],
    ['all rules, with the reaper', 'LV=1 REAPER'],
    ['all rules, with a stale primary', 'LV=1 SPLIT'],
    ['revoke returns, under weak fairness', 'LV=1 LIVENESS', LIVE],
    ['without G1: read the head, then register', 'NO_G1', WRONG],
    ['without G2: lease counted from the answer', 'NO_G2', WRONG],
    ['without G3: clock first, look last', 'NO_G3', WRONG],
    ['without G4: acknowledged before it is applied', 'NO_G4', WRONG],
    ['without G5: waited by the nominal lease', 'NO_G5', WRONG],
    ['without G6: members removed too early', 'LV=1 REAPER NO_G6', WRONG],
    ['without G7: a stale primary renews', 'LV=1 SPLIT NO_G7', WRONG],
    ['without G8: an answer taken for another request', 'NO_G8', WRONG],
    ['without G9: a renewal counted as an acknowledgement', 'NO_G9', WRONG],
    [
      'without the end of the wait: a dead verifier holds it up',
      'LV=1 LIVENESS NO_END',
      { property: 'liveness', expected: 'acceptance cycle' },
    ],
    ['all rules, with reaper and stale primary', 'REAPER SPLIT', LARGE],
    ['all rules, 2 revocations, shorter lease', 'LV=1 NE=2', LARGE],
    ['all rules, 2 revocations', 'NE=2', LARGE],
    ['all rules, 3 verifiers, exact clocks', 'NV=3 LV=1 DRIFT=0', LARGE],
  ]),
  ...rows('recovery', [
    ['all rules, waiting for the replica', 'WAIT'],
    ["all rules, mending from the fleet's memory, holders survive", 'RECOVER NO_CRASH'],
    ['both', 'WAIT RECOVER NO_CRASH'],
    ['without GA: neither', '', WRONG],
    ['without NO_CRASH: the only holder crashes', 'RECOVER', WRONG],
    ['without A1: waiting for one replica of two', 'WAIT NR=2 NO_A1', WRONG],
    ['without A2: joins are not waited for', 'WAIT NO_A2', WRONG],
    ['without B1: leases at once in a new incarnation', 'RECOVER NO_CRASH NO_B1', WRONG],
    ['without B2: before all have uploaded', 'RECOVER NO_CRASH NO_B2', WRONG],
    ['without B3: nobody else needs to hold the event', 'RECOVER NO_CRASH NO_B3', WRONG],
    ['without B4: the wait goes on as before', 'RECOVER NO_CRASH NO_B4', WRONG],
    ['all rules, waiting for both replicas', 'WAIT NR=2', LARGE],
    ['all rules, waiting, slow clocks', 'WAIT DRIFT=1', LARGE],
    ['all rules, mending, slow clocks', 'RECOVER NO_CRASH DRIFT=1', LARGE],
    ['all rules, mending, 2 revocations', 'RECOVER NO_CRASH NE=2', LARGE],
  ]),
  ...rows('mint', [
    ['all rules', ''],
    ['all rules, 2 issuers', 'NI=2'],
    ['without M1: the time is read after the session', 'NO_M1', WRONG],
    ['without M2: the session is read from a copy', 'NO_M2', WRONG],
    ['without M3: the generation is read later', 'NO_M3', WRONG],
    ['without M4: a sign-in stores whatever happened', 'NO_M4', WRONG],
    ['without M5: the log forgets without regard to skew', 'NO_M5', WRONG],
    ['without M6: a late append stands', 'NO_M6', WRONG],
  ]),
  ...rows('near-cache', [
    ['all rules', ''],
    ['death alone, without the fill rules N1 and N2', 'ONLY_DEAD NO_N1 NO_N2'],
    ['without N1: kept although an event came by', 'NO_N1', WRONG],
    ['without N2: kept although a newer one was seen', 'NO_N2', WRONG],
    ['without N3: read from a copy', 'NO_N3', WRONG],
    ['without N4: lives from when it came', 'NO_N4', WRONG],
    ['without N5: the log forgets sooner', 'NO_N5', WRONG],
    ['without N6: events drop nothing', 'NO_N6', WRONG],
    ['without N7: what is kept is believed', 'ONLY_DEAD NO_N1 NO_N7', WRONG],
    ['all rules, 2 changes, 2 saves', 'NC=2 NS=2', LARGE],
  ]),
  ...rows('fence', [
    ['all rules, 3 transactions', 'NA=3'],
    ['without F1: a plain read', 'NO_F1', WRONG],
    ['without F2: fence and write apart', 'NO_F2', WRONG],
    ["without F3: only the session's row is locked", 'NO_F3', WRONG],
    ['without F4: locked in another order', 'NO_F4', { expected: 'invalid end state' }],
    ['without F5: returns before the rows change', 'NO_F5', WRONG],
  ]),
]
