/** Where a card leads: a screen, with settings that its shape has. */
import { SHAPE as ATTACK } from '../screens/attack/settings.ts'
import { SHAPE as COMPARE } from '../screens/compare/settings.ts'
import { SHAPE as COOKIES } from '../screens/cookies/situation.ts'
import { SHAPE as DECIDE } from '../screens/decide/settings.ts'
import { SHAPE as INSPECT } from '../screens/inspect/settings.ts'
import { SHAPE as SSO } from '../screens/sso/settings.ts'
import { type SettingsOf, type Shape, settingsWith } from '../shell/settings.ts'

export const SHAPES = {
  attack: ATTACK,
  compare: COMPARE,
  cookies: COOKIES,
  decide: DECIDE,
  inspect: INSPECT,
  sso: SSO,
} as const
type Shapes = typeof SHAPES

const leadsTo =
  <const Name extends keyof Shapes>(screen: Name) =>
  (some: Partial<SettingsOf<Shapes[Name]>>): { readonly screen: Name; readonly settings: string } => ({
    screen,
    settings: settingsWith<Shape>(SHAPES[screen], some),
  })

export const to = {
  attack: leadsTo('attack'),
  compare: leadsTo('compare'),
  cookies: leadsTo('cookies'),
  decide: leadsTo('decide'),
  inspect: leadsTo('inspect'),
  sso: leadsTo('sso'),
} as const
