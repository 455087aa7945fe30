/** What differs between browsers, profiles and moments. */

export interface JarSettings {
  readonly thirdPartyCookies: boolean
  /** Lax by default lets a cross-site POST through for cookies this young. Chromium: two minutes. */
  readonly laxPostMs: number
}

export const CHROMIUM: JarSettings = { thirdPartyCookies: false, laxPostMs: 120_000 }
