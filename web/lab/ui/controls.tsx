/** Fields and buttons: each with its label, its hint and its error tied to it. */
import type { ComponentChildren, TargetedEvent } from 'preact'
import { useId } from 'preact/hooks'

interface Labelled {
  readonly label: string
  readonly hint?: ComponentChildren
  /** In words, with the place where something is wrong. */
  readonly error?: string | null
}

/** Ids that tie a control to what is said about it. */
function useDescription({ hint, error }: Labelled) {
  const id = useId()
  const ids = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ')
  return { id, props: { id, 'aria-describedby': ids || undefined, 'aria-invalid': error ? true : undefined } }
}

function Described({ id, label, hint, error, children }: Labelled & { id: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children}
      {hint ? (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      ) : null}
      {error ? (
        <p class="error" id={`${id}-error`}>
          {error}
        </p>
      ) : null}
    </div>
  )
}

/** What keeps spell-checkers, translators and writing aids in the cloud away from a secret: no header could. */
export const PRIVATE_INPUT = {
  autocomplete: 'off',
  autocapitalize: 'off',
  spellcheck: false,
  translate: false,
  'data-gramm': 'false',
} as const

export interface TextProps extends Labelled {
  readonly value: string
  readonly onChange: (value: string) => void
  /** Lines of a larger field; without it, one line. */
  readonly lines?: number
  readonly placeholder?: string
  readonly onEnter?: () => void
  /** Reached by `/`. */
  readonly isMain?: boolean
}

/** Text in a fixed-width face, private. Ctrl+Enter (or Enter in one line) is `onEnter`. */
export function TextField({ value, onChange, lines, placeholder, onEnter, isMain, ...said }: TextProps) {
  const { id, props } = useDescription(said)
  const common = {
    ...PRIVATE_INPUT,
    ...props,
    value,
    placeholder,
    'data-main-input': isMain ? '' : undefined,
    onInput: (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement>) => onChange(event.currentTarget.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !onEnter) return
      if (lines !== undefined && !event.ctrlKey && !event.metaKey) return
      event.preventDefault()
      onEnter()
    },
  }
  return (
    <Described id={id} {...said}>
      {lines === undefined ? <input type="text" {...common} /> : <textarea rows={lines} {...common} />}
    </Described>
  )
}

export interface SelectProps<Value extends string> extends Labelled {
  readonly value: Value
  readonly options: readonly (readonly [value: Value, text: string])[]
  readonly onChange: (value: Value) => void
}

export function Select<Value extends string>({ value, options, onChange, ...said }: SelectProps<Value>) {
  const { id, props } = useDescription(said)
  const choose = (chosen: string): void => {
    const found = options.find(([name]) => name === chosen)
    if (found) onChange(found[0])
  }
  return (
    <Described id={id} {...said}>
      <select {...props} value={value} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map(([name, text]) => (
          <option key={name} value={name} selected={name === value}>
            {text}
          </option>
        ))}
      </select>
    </Described>
  )
}

export interface RangeProps extends Labelled {
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step?: number
  /** The value as it is read: `40 roles`. */
  readonly shown?: string
  readonly onChange: (value: number) => void
}

export function Range({ value, min, max, step = 1, shown, onChange, ...said }: RangeProps) {
  const { id, props } = useDescription(said)
  return (
    <Described id={id} {...said} label={`${said.label}: ${shown ?? value}`}>
      <input
        {...props}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
    </Described>
  )
}

export interface CheckProps extends Labelled {
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

export function Check({ checked, onChange, label, ...said }: CheckProps) {
  const { id, props } = useDescription({ label, ...said })
  return (
    <div class="check">
      <input {...props} type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
      <label for={id}>{label}</label>
      {said.hint ? (
        <p class="hint" id={`${id}-hint`}>
          {said.hint}
        </p>
      ) : null}
    </div>
  )
}

export interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly (readonly [value: Value, text: string])[]
  readonly onChange: (value: Value) => void
}

/** A few choices side by side: radio buttons that look like one control. */
export function Choice<Value extends string>({ label, value, options, onChange }: ChoiceProps<Value>) {
  const id = useId()
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([name, text]) => (
        <label key={name}>
          <input type="radio" name={id} value={name} checked={name === value} onChange={() => onChange(name)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}

export interface ButtonProps {
  readonly onPress: () => void
  readonly children: ComponentChildren
  /** The one thing to do here. */
  readonly isMain?: boolean
  readonly disabled?: boolean
  /** A button that stays down. */
  readonly pressed?: boolean
  /** Where the text alone does not say it. */
  readonly name?: string
}

export function Button({ onPress, children, isMain, disabled, pressed, name }: ButtonProps) {
  return (
    <button
      type="button"
      class={isMain ? 'main' : undefined}
      disabled={disabled}
      aria-pressed={pressed}
      aria-label={name}
      onClick={onPress}
    >
      {children}
    </button>
  )
}
