/** A whole number within bounds: what lies outside is said at once, and not taken. */
import { useEffect, useState } from 'preact/hooks'
import { TextField } from './controls.tsx'

export interface NumberFieldProps {
  readonly label: string
  readonly value: number
  readonly bounds: readonly [least: number, most: number]
  readonly onChange: (value: number) => void
}

export function NumberField({ label, value, bounds, onChange }: NumberFieldProps) {
  const [least, most] = bounds
  const [text, setText] = useState(String(value))
  useEffect(() => setText(String(value)), [value])
  const read = (given: string): number | null =>
    /^\d{1,9}$/.test(given) && Number(given) >= least && Number(given) <= most ? Number(given) : null
  return (
    <TextField
      label={label}
      value={text}
      error={read(text.trim()) === null ? `A whole number from ${least} to ${most}.` : null}
      onChange={(given) => {
        setText(given)
        const number = read(given.trim())
        if (number !== null && number !== value) onChange(number)
      }}
    />
  )
}
