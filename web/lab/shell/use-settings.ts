/** The settings of a screen, in its address: read when it opens, written when they change. */
import { useState } from 'preact/hooks'
import type { Lab } from './screen.ts'
import { readSettings, type SettingsOf, type Shape, writeSettings } from './settings.ts'

/** @returns the settings, and what changes some of them */
export function useSettings<S extends Shape>(
  lab: Lab,
  shape: S,
): readonly [SettingsOf<S>, (change: Partial<SettingsOf<S>>) => void] {
  const [values, setValues] = useState(() => readSettings(shape, lab.settings))
  const change = (some: Partial<SettingsOf<S>>): void => {
    const next = { ...values, ...some }
    setValues(next)
    lab.keep(writeSettings(shape, next))
  }
  return [values, change]
}
