/** The screens, in the order of the navigation. `letter`: pressed after `g`. */
import type { ScreenModule, ScreenName } from './screen.ts'

export interface ScreenEntry {
  readonly name: ScreenName
  readonly title: string
  readonly letter: string
  load(): Promise<ScreenModule>
}

export const SCREENS: readonly ScreenEntry[] = [
  { name: '', title: 'Start', letter: 'h', load: () => import('../screens/start.tsx') },
  { name: 'inspect', title: 'Inspect', letter: 'i', load: () => import('../screens/inspect.tsx') },
  { name: 'mint', title: 'Mint', letter: 'm', load: () => import('../screens/mint.tsx') },
  { name: 'cookies', title: 'Cookies', letter: 'c', load: () => import('../screens/cookies.tsx') },
  { name: 'compare', title: 'Compare', letter: 'o', load: () => import('../screens/compare.tsx') },
  { name: 'attack', title: 'Attack', letter: 'a', load: () => import('../screens/attack.tsx') },
  { name: 'sso', title: 'SSO', letter: 's', load: () => import('../screens/sso.tsx') },
  { name: 'decide', title: 'Decide', letter: 'd', load: () => import('../screens/decide.tsx') },
  { name: 'claims', title: 'Claims', letter: 'l', load: () => import('../screens/claims.tsx') },
  { name: 'proof', title: 'Proof', letter: 'p', load: () => import('../screens/proof.tsx') },
]
