/** Plain names of devices from the User-Agent. A name to recognise, never a fact to decide by. */

/** In order: the first that fits names the browser. Chromium's relatives name themselves beside Chrome, Safari comes last. */
const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(e|A|iOS)?\//, 'Edge'],
  [/\b(OPR|Opera|OPiOS|OPT)\b/, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bUCBrowser\//, 'UC Browser'],
  [/\bDuckDuckGo\//, 'DuckDuckGo'],
  [/\bSeaMonkey\//, 'SeaMonkey'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(HeadlessChrome)\//, 'Headless Chrome'],
  [/\bCriOS\//, 'Chrome'],
  [/\bChrom(e|ium)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
  [/\bAppleWebKit\/.*\bMobile\//, 'Web view'],
]

const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bWindows Phone\b/, 'Windows Phone'],
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\b(Macintosh|Mac OS X|macOS|Darwin)\b/, 'macOS'],
  [/\bFreeBSD\b/, 'FreeBSD'],
  [/\bOpenBSD\b/, 'OpenBSD'],
  [/\b(Linux|X11)\b/, 'Linux'],
]

const PROGRAMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/^curl\//i, 'curl'],
  [/^Wget\//i, 'Wget'],
  [/^HTTPie\//i, 'HTTPie'],
  [/^PostmanRuntime\//, 'Postman'],
  [/^insomnia\//i, 'Insomnia'],
  [/^okhttp\//i, 'Android app'],
  [/\bCFNetwork\//, 'Apple app'],
  [/^Dart\//, 'Flutter app'],
  [/^(python-requests|python-httpx|aiohttp|Python-urllib|Python)\b/i, 'Python program'],
  [/^Go-http-client\//, 'Go program'],
  [/^(Java|Apache-HttpClient|Jakarta)\b/i, 'Java program'],
  [/^(node|undici|axios|node-fetch|got)\b/i, 'Node program'],
  [/^Ruby\b/, 'Ruby program'],
]

/** `Firefox on Linux`, `Safari on iPhone`, `curl`; `Unknown device` when nothing is known. */
export function deviceName(userAgent: string | null): string {
  if (userAgent === null || userAgent.trim() === '') return 'Unknown device'
  const program = nameIn(PROGRAMS, userAgent)
  if (program) return program
  const browser = nameIn(BROWSERS, userAgent)
  const system = nameIn(SYSTEMS, userAgent)
  if (browser && system) return `${browser} on ${system}`
  if (browser || system) return browser ?? `Unknown browser on ${system}`
  // A program's own product name is the best there is: letters, digits and a few marks only.
  const product = /^[A-Za-z][A-Za-z0-9 ._-]{1,30}(?=\/)/.exec(userAgent)?.[0]
  return product && product !== 'Mozilla' ? product : 'Unknown device'
}

function nameIn(table: readonly (readonly [RegExp, string])[], userAgent: string): string | null {
  return table.find(([pattern]) => pattern.test(userAgent))?.[1] ?? null
}
