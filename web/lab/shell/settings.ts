/**
 * What a link may carry: settings only. A screen names its settings by fields that know no free text, so that a token, a key or
 * a cookie's value has no place to go into; unknown names and values are dropped, and nothing over 2 kB is read.
 */

/** One setting: how it is written into a link, and read from one. */
export interface Field<Value> {
  readonly preset: Value
  /** Null: it is not one of this field's values. */
  write(value: Value): string | null
  read(text: string): Value | null
}
export type Shape = Readonly<Record<string, Field<unknown>>>
export type SettingsOf<S> = { readonly [Name in keyof S]: S[Name] extends Field<infer Value> ? Value : never }

const LIMIT = 2048
const VERSION = '1'

/** A whole number from `least` to `most`. */
export function whole(least: number, most: number, preset: number): Field<number> {
  const fits = (value: number) => Number.isInteger(value) && value >= least && value <= most
  return {
    preset,
    write: (value) => (fits(value) ? String(value) : null),
    read: (text) => (/^-?\d{1,10}$/.test(text) && fits(Number(text)) ? Number(text) : null),
  }
}

/** One of these names, and nothing else. */
export function oneOf<const Name extends string>(names: readonly Name[], preset: NoInfer<Name>): Field<Name> {
  const known = (text: string): Name | null => names.find((name) => name === text) ?? null
  return { preset, write: known, read: known }
}

/** Any of these names, in the order in which they are listed. */
export function someOf<const Name extends string>(
  names: readonly Name[],
  preset: readonly NoInfer<Name>[],
): Field<readonly Name[]> {
  const known = (chosen: readonly string[]) => names.filter((name) => chosen.includes(name))
  return {
    preset,
    write: (value) => known(value).join('.'),
    read: (text) => known(text.split('.')),
  }
}

export function flag(preset: boolean): Field<boolean> {
  return {
    preset,
    write: (value) => (value ? 'yes' : 'no'),
    read: (text) => (text === 'yes' ? true : text === 'no' ? false : null),
  }
}

/** @returns `v=1&instances=4`, without what is as it is anyway; empty when all is */
export function writeSettings<S extends Shape>(shape: S, values: SettingsOf<S>): string {
  const written = Object.entries(shape).flatMap(([name, field]) => {
    const { preset, write } = field as Field<unknown>
    const text = write(values[name])
    return text === null || text === write(preset) ? [] : [`${name}=${encodeURIComponent(text)}`]
  })
  const all = [`v=${VERSION}`, ...written].join('&')
  return written.length === 0 || all.length > LIMIT ? '' : all
}

/** Whatever it is given: what is not a setting of this shape is as if it were not there. */
export function readSettings<S extends Shape>(shape: S, text: string): SettingsOf<S> {
  const given = new URLSearchParams(text.length > LIMIT ? '' : text)
  const isOurs = given.get('v') === VERSION
  const values = Object.entries(shape).map(([name, field]) => {
    const { preset, read } = field as Field<unknown>
    const written = isOurs ? given.get(name) : null
    return [name, (written === null ? null : read(written)) ?? preset]
  })
  return Object.fromEntries(values) as SettingsOf<S>
}

/** A link to a screen where these settings are so, and the others as they are anyway. */
export function settingsWith<S extends Shape>(shape: S, some: Partial<SettingsOf<S>>): string {
  return writeSettings(shape, { ...readSettings(shape, ''), ...some })
}
