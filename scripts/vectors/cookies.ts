/** tough-cookie's data: what a browser sends after it was given cookies, read by our parser of the `Cookie` header. */
import { parseCookie, readCookie } from '../../src/http/cookie.ts'
import type { Folder } from './files.ts'
import type { Case, Suite } from './suite.ts'

interface ParserTest {
  readonly test: string
  readonly received: readonly string[]
  readonly sent: readonly { readonly name: string; readonly value: string }[]
}

export function cookieSuites(folder: Folder): readonly Suite[] {
  const path = 'tough-cookie/parser.json'
  const tests = folder.read<readonly ParserTest[]>(path)
  return [{ file: path, numberOfTests: tests.length, cases: tests.map(toCase) }]
}

function toCase({ test, sent }: ParserTest): Case {
  const common = { id: test, wanted: 'accept' as const }
  if (sent.length > 0) return { ...common, run: () => isReadBack(sent) }
  const run = () => parseCookie('').length > 0
  return { ...common, skip: 'the browser keeps and sends nothing: there is nothing to read', run }
}

/** Whether the header that a browser writes (RFC 6265bis §5.8.3) reads as the same cookies, one by one and all together. */
function isReadBack(sent: ParserTest['sent']): boolean {
  const header = sent.map(({ name, value }) => (name === '' ? value : `${name}=${value}`)).join('; ')
  const pairs = parseCookie(header)
  if (JSON.stringify(pairs) !== JSON.stringify(sent.map(({ name, value }) => [name, value]))) return false
  return sent.every(({ name, value }) => {
    const same = sent.filter((other) => other.name === name)
    // A name that is there twice is refused, whatever it is; a nameless cookie is never asked for.
    return name === '' || (same.length === 1 ? readCookie(header, name) === value : isAmbiguous(header, name))
  })
}

function isAmbiguous(header: string, name: string): boolean {
  try {
    readCookie(header, name)
    return false
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'credentials.ambiguous'
  }
}
