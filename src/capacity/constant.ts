/** A number that a plan stands on, and where it comes from. */

export interface Constant {
  readonly value: number
  readonly unit: string
  /** The result file and its row; for an assumption, the reason for it. */
  readonly source: string
  /** Not measured. */
  readonly isAssumption: boolean
}

/** A run that constants were taken from. */
export interface Measurement {
  readonly file: string
  readonly date: string
  readonly machine: string
  /** null: the file does not say. */
  readonly commit: string | null
}

/** A constant as `measured.ts` writes it: value, unit, source. */
export type ConstantRow = readonly [value: number, unit: string, source: string]

export function constantsFrom<Measured extends string, Assumed extends string>(
  measured: Readonly<Record<Measured, ConstantRow>>,
  assumed: Readonly<Record<Assumed, ConstantRow>>,
): Readonly<Record<Measured | Assumed, Constant>> {
  const shaped = (rows: Readonly<Record<string, ConstantRow>>, isAssumption: boolean) =>
    Object.entries(rows).map(([name, [value, unit, source]]) => [name, { value, unit, source, isAssumption }] as const)
  return Object.fromEntries([...shaped(measured, false), ...shaped(assumed, true)]) as Readonly<
    Record<Measured | Assumed, Constant>
  >
}
