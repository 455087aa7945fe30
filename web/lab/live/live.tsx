/** The page: sign up, see what a script cannot see, sign in a second device, end it, and watch its next request. */
import { useState } from 'preact/hooks'
import type { Device } from '../../../src/client/answers.ts'
import type { ClientProblem } from '../../../src/client/result.ts'
import { createSessionCookie } from '../../../src/http/session-cookie.ts'
import { Button } from '../ui/controls.tsx'
import { Badge, Code, Panel, Table, Verdict } from '../ui/parts.tsx'
import { createDevices, type Devices, type Seen } from './devices.ts'

export function Live() {
  const [seen, setSeen] = useState<readonly Seen[]>([])
  const [devices, setDevices] = useState<Devices | null>(null)
  const [sessions, setSessions] = useState<readonly Device[]>([])
  const [problem, setProblem] = useState<ClientProblem | null>(null)
  const [told, setTold] = useState<{ readonly good: boolean; readonly text: string } | null>(null)

  const list = async ({ browser }: Devices): Promise<void> => {
    const page = await browser.devices()
    if (page.ok) setSessions(page.value.devices)
    else setProblem(page.problem)
  }
  const begin = async (): Promise<void> => {
    const made = createDevices((one) => setSeen((all) => [...all, one]))
    setProblem(null)
    const answer = await made.signUp()
    if (!answer.ok) return setProblem(answer.problem)
    await made.browser.session()
    setDevices(made)
    await list(made)
  }
  const addDevice = async (of: Devices): Promise<void> => {
    const answer = await of.signInElsewhere()
    if (!answer.ok) return setProblem(answer.problem)
    await list(of)
  }
  const end = async (of: Devices, { id, current }: Device): Promise<void> => {
    const answer = await of.browser.endDevice(id)
    if (!answer.ok) return setProblem(answer.problem)
    const next = await of.browser.session()
    if (!current) {
      const alive = next.ok ? 'is still accepted' : 'is refused as well'
      setTold({ good: next.ok, text: `The second device is signed out; this browser ${alive}.` })
      return list(of)
    }
    const text = next.ok ? 'was accepted: that should not be' : `was refused: ${next.problem.code}`
    setTold({ good: !next.ok, text: `The next request of this browser ${text}.` })
    setDevices(null)
    setSessions([])
  }

  return (
    <>
      <header class="talks">
        This page talks to {location.host}. It is not the Lab, which talks to nobody: <a href="./">back to the Lab</a>
      </header>
      <main>
        <h1>Live, with real cookies</h1>
        <p class="lead">
          A throw-away account on this server, over its real routes. Nothing is typed here; the password is drawn, and
          is gone with this page.
        </p>
        {problem ? (
          <Verdict tone="bad" title={`The server refused: ${problem.code}`}>
            {problem.detail}
          </Verdict>
        ) : null}
        {told ? (
          <Verdict tone={told.good ? 'good' : 'bad'} title={told.text}>
            Seen just now, on the wire: it is in the list of requests below.
          </Verdict>
        ) : null}
        <Panel title="1. Sign up">
          {devices ? (
            <p>
              Signed in as <code>{devices.email}</code>
            </p>
          ) : (
            <Button isMain onPress={() => void begin()}>
              Make a throw-away account
            </Button>
          )}
        </Panel>
        {devices ? (
          <>
            <Panel title="2. What a script sees of the cookie">
              <CookieView sessions={sessions} seen={seen} />
            </Panel>
            <Panel title="3. Sessions">
              <p class="hint">
                A second device: the same account signs in again, and this browser keeps no cookie of it. End it, then
                end this browser’s own session and see its next request.
              </p>
              <Button onPress={() => void addDevice(devices)}>Sign in a second device</Button>
              <Table
                caption="Sessions of this account, from GET /auth/sessions"
                head={['Device', 'Kind', 'Since', 'End it']}
                rows={sessions.map((session) => {
                  const name = session.current ? 'this browser' : 'second device'
                  return [
                    name,
                    session.mode,
                    session.createdAt === null ? '' : new Date(session.createdAt * 1000).toLocaleTimeString(),
                    <Button key={session.id} name={`End ${name}`} onPress={() => void end(devices, session)}>
                      End
                    </Button>,
                  ]
                })}
              />
            </Panel>
          </>
        ) : null}
        <Panel title="Requests of this page">
          {seen.length === 0 ? <p class="hint">None yet.</p> : <Requests seen={seen} />}
        </Panel>
      </main>
    </>
  )
}

function CookieView({ sessions, seen }: { readonly sessions: readonly Device[]; readonly seen: readonly Seen[] }) {
  const own = sessions.find(({ current }) => current)
  const lives = own ? own.expiresAt - (own.createdAt ?? own.authenticatedAt) : 0
  const cookie = createSessionCookie(location.origin)
  const isHidden = !document.cookie.includes(cookie.name) && seen.every(({ setCookie }) => setCookie === null)
  return (
    <>
      <Code label="The cookie as the server writes it, without its value">{cookie.set('(hidden)', lives)}</Code>
      <Table
        caption="Asked by a script of this page, just now"
        head={['Asked', 'Answer']}
        rows={[
          ['document.cookie', document.cookie === '' ? '(empty)' : document.cookie.replaceAll(/=[^;]*/g, '=…')],
          [
            'Set-Cookie of the answers',
            seen.some(({ setCookie }) => setCookie !== null) ? 'readable' : '(not given to scripts)',
          ],
          ['Am I signed in? (GET /auth/session)', own ? 'yes: the browser sends the cookie by itself' : 'no'],
        ]}
      />
      <p>
        <Badge tone={isHidden ? 'good' : 'bad'}>
          {isHidden ? 'HttpOnly held: no script of this page could read it' : 'a script could read it'}
        </Badge>
      </p>
      <p class="hint">
        The line above comes from the server’s own code for this address, not from the wire: the wire is what a script
        may not see. The network tab of your browser shows it.
      </p>
    </>
  )
}

function Requests({ seen }: { readonly seen: readonly Seen[] }) {
  return (
    <Table
      caption="All requests that it made, oldest first"
      head={['Who', 'Request', 'Status', 'ms']}
      numeric={[2, 3]}
      rows={seen.map(({ who, what, status, ms }) => [who, <code key={what}>{what}</code>, status, ms.toFixed(1)])}
    />
  )
}
