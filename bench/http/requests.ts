/** Logs in at a server of the bench as often as asked, and makes the requests that come with what it was given. */
import { ORIGIN, PAGE, SIGN_IN, subjectOf } from './application.ts'
import { type Answered, load, type RequestAt } from './load.ts'

/** What a client holds after a sign-in, and what the sign-in cost on the wire. */
export interface Credentials {
  /** A header line for each session, `Cookie: ...` or `Authorization: ...`, without its end of line. */
  readonly lines: readonly string[]
  /** Bytes of `Set-Cookie` lines, or of the body that carries a token, of one sign-in. */
  readonly signInBytes: number
}

const CONNECTIONS = 32
/** What a browser's `fetch` sends besides. */
const COMMON = [
  'Host: localhost',
  'Connection: keep-alive',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Accept: application/json',
  'Accept-Language: en-GB,en;q=0.9',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Sec-Fetch-Site: same-origin',
].join('\r\n')

/** @param from index of the first subject */
export async function signIn(
  port: number,
  count: number,
  progress: (done: number) => void = () => undefined,
  from = 0,
): Promise<Credentials> {
  const lines = new Array<string>(count)
  let signInBytes = 0
  let done = 0
  await load({
    port,
    connections: CONNECTIONS,
    from,
    count,
    requestAt: (index) =>
      Buffer.from(
        `POST ${SIGN_IN}${subjectOf(index)} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\nOrigin: ${ORIGIN}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
      ),
    onAnswer(answer, index) {
      const { line, bytes } = credentialIn(answer)
      lines[index - from] = line
      signInBytes = bytes
      if (++done % 1000 === 0) progress(done)
    },
  })
  return { lines, signInBytes }
}

function credentialIn({ head, body }: Answered): { readonly line: string; readonly bytes: number } {
  const { token } = JSON.parse(body) as { readonly token: string | null }
  if (token !== null) return { line: `Authorization: Bearer ${token}`, bytes: body.length }
  const set = head.split('\r\n').filter((line) => /^set-cookie:/i.test(line))
  if (set.length === 0) throw new Error(`a sign-in that gives nothing: ${head}`)
  const pairs = set.map(
    (line) =>
      line
        .slice(line.indexOf(':') + 1)
        .trim()
        .split(';', 1)[0],
  )
  return { line: `Cookie: ${pairs.join('; ')}`, bytes: set.reduce((sum, line) => sum + line.length + 2, 0) }
}

/** Requests of the page, one for each credential, round and round. */
export function pageRequests(lines: readonly string[]): RequestAt {
  const requests = lines.map((line) => `GET ${PAGE} HTTP/1.1\r\n${COMMON}\r\n${line}\r\n\r\n`)
  const bytes = Buffer.from(requests.join(''), 'latin1')
  const ends = new Float64Array(requests.length + 1)
  for (const [i, request] of requests.entries()) ends[i + 1] = (ends[i] ?? 0) + request.length
  return (index) => {
    const i = index % requests.length
    return bytes.subarray(ends[i], ends[i + 1])
  }
}

/** The page must know each of a few, and nobody whose credential was changed: else the subject is not measured. */
export async function checkPage(port: number, lines: readonly string[]): Promise<void> {
  const sample = [...new Set([0, 1, lines.length - 1])].filter((index) => index < lines.length)
  const asked = sample.map((index) => lines[index] ?? '')
  await load({
    port,
    connections: 1,
    from: 0,
    count: sample.length,
    requestAt: pageRequests(asked),
    onAnswer({ body }, i) {
      const { subject, roles } = JSON.parse(body) as { readonly subject: unknown; readonly roles: unknown }
      if (subject !== subjectOf(sample[i] ?? -1) || !Array.isArray(roles)) throw new Error(`a wrong answer: ${body}`)
    },
  })
  for (const line of asked) {
    const spoilt = spoil(line)
    const passed = await load({ port, connections: 1, from: 0, count: 1, requestAt: pageRequests([spoilt]) }).then(
      () => true,
      () => false,
    )
    if (passed) throw new Error('a credential that was changed is accepted')
  }
}

/** Changes a character, ten before the end, of every cookie, of every signature and of every part of a token. */
function spoil(line: string): string {
  return line.replaceAll(/[\w-](?=[\w%+~-]{9}(?:;|$|[%.]))/g, (letter) => (letter === 'x' ? 'y' : 'x'))
}
