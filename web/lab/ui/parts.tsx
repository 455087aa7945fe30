/** Panels, verdicts, tables: what screens are made of. */
import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

export interface PanelProps {
  readonly title: string
  readonly children: ComponentChildren
  /** Buttons at the right of the title. */
  readonly tools?: ComponentChildren
  /** A heading of the third level, inside another panel. */
  readonly isInner?: boolean
}

export function Panel({ title, tools, children, isInner }: PanelProps) {
  const id = useId()
  const Heading = isInner ? 'h3' : 'h2'
  return (
    <section class={isInner ? 'panel inner' : 'panel'} aria-labelledby={id}>
      <header>
        <Heading id={id}>{title}</Heading>
        {tools ? <div class="tools">{tools}</div> : null}
      </header>
      {children}
    </section>
  )
}

/** Never by colour alone: a sign and words. */
export type Tone = 'good' | 'bad' | 'warn' | 'plain'
export const SIGNS: Readonly<Record<Tone, string>> = { good: '✓', bad: '✗', warn: '!', plain: '·' }

export function Badge({ tone, children }: { readonly tone: Tone; readonly children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> {children}
    </span>
  )
}

/** A verdict that is read out when it changes. */
export function Verdict({ tone, title, children }: { tone: Tone; title: string; children?: ComponentChildren }) {
  return (
    <div class={`verdict ${tone}`} role="status">
      <strong>
        <span aria-hidden="true">{SIGNS[tone]}</span> {title}
      </strong>
      {children ? <div>{children}</div> : null}
    </div>
  )
}

export function Note({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ComponentChildren }) {
  return (
    <p class={`note ${tone}`}>
      <span aria-hidden="true">{SIGNS[tone]}</span> <span>{children}</span>
    </p>
  )
}

export interface TableProps {
  readonly caption: string
  readonly head: readonly ComponentChildren[]
  readonly rows: readonly (readonly ComponentChildren[])[]
  /** Of columns of numbers, from 0. */
  readonly numeric?: readonly number[]
  /** The caption is only read out. */
  readonly captionHidden?: boolean
}

/** The first cell of each row names it. Wider than the page: it scrolls by itself, by keyboard too. */
export function Table({ caption, head, rows, numeric = [], captionHidden }: TableProps) {
  const kind = (i: number) => (numeric.includes(i) ? 'number' : undefined)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="scrolls" aria-label={caption} tabIndex={0}>
      <table>
        <caption class={captionHidden ? 'visually-hidden' : undefined}>{caption}</caption>
        <thead>
          <tr>
            {head.map((cell, i) => (
              <th key={i} scope="col" class={kind(i)}>
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, i) =>
                i === 0 ? (
                  <th key={i} scope="row">
                    {cell}
                  </th>
                ) : (
                  <td key={i} class={kind(i)}>
                    {cell}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

/** A term that explains itself where it stands. */
export function Explain({
  term,
  children,
}: {
  readonly term: ComponentChildren
  readonly children: ComponentChildren
}) {
  return (
    <details class="explain">
      <summary>{term}</summary>
      <p>{children}</p>
    </details>
  )
}

/** Code or text to read or copy: scrolls by itself. */
export function Code({ label, children }: { readonly label: string; readonly children: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class="code" aria-label={label} tabIndex={0}>
      <pre>{children}</pre>
    </section>
  )
}

/** A share of something limited, with its words. */
export function Meter({ value, max, label }: { readonly value: number; readonly max: number; readonly label: string }) {
  return (
    <div class="meter">
      <meter min={0} max={max} high={max * 0.5} optimum={0} value={Math.min(value, max)} aria-label={label} />
      <span>{label}</span>
    </div>
  )
}

/** Work under way that can be stopped. */
export function Working({ label, done, onCancel }: { label: string; done: number; onCancel: () => void }) {
  return (
    <div class="working">
      <progress max={1} value={done} aria-label={label} />
      <span>
        {label} {Math.round(done * 100)} %
      </span>
      <button type="button" onClick={onCancel}>
        Stop
      </button>
    </div>
  )
}
