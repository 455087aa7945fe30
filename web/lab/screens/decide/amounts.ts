/** Numbers as they are read. */

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
] as const

export function duration(seconds: number): string {
  if (seconds === 0) return '0 s'
  if (seconds < 1) return `${round(seconds * 1000)} ms`
  const [size, unit] = UNITS.find(([one]) => seconds >= one * 2 || seconds === one) ?? [1, 's']
  return `${round(seconds / size)} ${unit}`
}

/** Three figures. */
export function round(value: number): string {
  const rounded = value !== 0 && Math.abs(value) < 1000 ? Number(value.toPrecision(3)) : Math.round(value)
  return rounded.toLocaleString('en').replaceAll(',', ' ')
}
