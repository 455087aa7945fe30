import { describe, expect, it } from 'vitest'
import { columns, inWords, iso, oneLine, plain, printRows, receiptLine } from '../../../src/cli/output.ts'
import { testTerminal } from '../../support/terminal.ts'

const receipt = {
  incarnation: 'i',
  offset: 7,
  confirmedBy: 'acks',
  waitedFor: [],
  verifiers: [],
  ms: 3.4,
  remoteEffectiveAt: null,
} as const

describe('output', () => {
  it('aligns columns and leaves no space at the end', () => {
    expect(
      columns([
        ['a', 'bb', 'c'],
        ['ddd', 'e', ''],
      ]),
    ).toBe('a    bb  c\nddd  e')
  })

  it('shows what a terminal would obey as a question mark', () => {
    expect(plain('a\u001b[31mb\u202e\u0007c\u0085')).toBe('a?[31mb??c?')
    expect(plain('a\r\nb\tc')).toBe('a b c')
  })

  it('keeps a message on one line and short', () => {
    expect(oneLine('a\nb\n')).toBe('a b')
    expect(oneLine('x'.repeat(1000))).toHaveLength(503)
  })

  it('tells an instant to people and to scripts', () => {
    expect([0, 44, -44, 60, -3600, 86_400 * 3].map((seconds) => inWords(1000 + seconds, 1000))).toEqual([
      'now',
      'now',
      'now',
      'in 1 minute',
      '60 minutes ago',
      'in 3 days',
    ])
    expect(iso(1_800_000_000)).toBe('2027-01-15T08:00:00Z')
    expect(iso(Number.MAX_VALUE)).toBe(String(Number.MAX_VALUE))
  })

  it('says what a receipt says', () => {
    expect(receiptLine(receipt)).toBe('refused by every verifier after 3 ms, confirmed by acks')
    expect(receiptLine({ ...receipt, confirmedBy: 'lease', waitedFor: ['v'], ms: 12_345 })).toBe(
      'refused by every verifier after 12345 ms: 1 verifier did not answer, so the lease was waited out',
    )
  })

  it('prints columns to a terminal and tabs to a script', () => {
    const table = [
      { title: 'name', show: (row: { name: string; at: number }) => row.name },
      { title: 'at', show: () => 'long ago', raw: (row: { at: number }) => String(row.at) },
    ]
    const print = (isInteractive: boolean, rows: { name: string; at: number }[]) => {
      const terminal = testTerminal({ isInteractive })
      printRows(terminal, rows, table, 'Nothing.')
      return terminal.stdout.join('\n')
    }
    expect(print(true, [{ name: 'ann\u001b', at: 5 }])).toBe('name  at\nann?  long ago')
    expect(print(false, [{ name: 'a\tb', at: 5 }])).toBe('name\tat\na b\t5')
    expect(print(true, [])).toBe('Nothing.')
    expect(print(false, [])).toBe('name\tat')
  })
})
