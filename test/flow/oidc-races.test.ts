/** Two server processes on one Redis: a code, or a refresh token, that both are given at once is good at one of them. */
import { request } from 'node:http'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Fleet, startFleet } from '../support/fleet.ts'
import { openStoreAt, settleLog } from '../support/fleet-store.ts'
import { runCli, temporaryFolder } from '../support/processes.ts'
import { follow, signedIn } from '../support/relying-party.ts'
import { describeWithRedis, startRedis } from '../support/servers.ts'

const ROUNDS = 8
const CALLBACK = 'https://app.example/callback'
const VERIFIER = 'a-verifier-that-is-long-enough-for-rfc-7636-0123456789'
const CHALLENGE = 'usnX74KF2StIdV3DqSeVdiC55qslWkcQgkgLc-hBwTE'

describeWithRedis('two processes on one Redis', () => {
  const folder = temporaryFolder()
  let redis: Awaited<ReturnType<typeof startRedis>>
  let fleet: Fleet
  let secret: string

  beforeAll(async () => {
    redis = await startRedis()
    fleet = await startFleet(2, `${redis.url}?prefix=oidc-races`, folder.path)
    const store = await openStoreAt(`${redis.url}?prefix=oidc-races`)
    await settleLog(store)
    await store.close()
    const added = await runCli(['clients', 'add', 'app', '--redirect', CALLBACK, '--trusted', '--json'], {
      env: fleet.env,
      timeoutMs: 60_000,
    })
    expect(added, added.stderr).toMatchObject({ code: 0 })
    secret = JSON.parse(added.stdout).client_secret
  }, 120_000)
  afterAll(async () => {
    await fleet?.stop()
    await redis?.stop()
    folder.remove()
  }, 60_000)

  interface Answer {
    readonly status: number
    readonly body: Readonly<Record<string, string>>
  }

  /** One process asked as its balancer would ask it. */
  const token = (process: 0 | 1, form: Readonly<Record<string, string>>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        Host: new URL(fleet.url).host,
        'Content-Type': 'application/x-www-form-urlencoded',
        Authorization: `Basic ${Buffer.from(`app:${secret}`).toString('base64')}`,
      }
      const port = Number(fleet.servers[process]?.env.PORT)
      const asked = request(
        { host: '127.0.0.1', port, method: 'POST', path: '/oidc/token', headers },
        async (answer) => {
          let text = ''
          for await (const chunk of answer) text += chunk
          resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) })
        },
      )
      asked.once('error', reject)
      asked.end(new URLSearchParams(form).toString())
    })

  const both = (form: Readonly<Record<string, string>>) => Promise.all([token(0, form), token(1, form)])

  /**
   * Never two. None where the loser, who has ended the grant by then, was faster than the winner could be answered: that is how
   * it should be, and rare. What was won is over as well. @returns how many have won
   */
  const winners = async (answers: readonly Answer[]): Promise<number> => {
    const [won, lost] = [200, 400].map((wanted) => answers.filter(({ status }) => status === wanted))
    expect((won?.length ?? 0) + (lost?.length ?? 0), JSON.stringify(answers)).toBe(2)
    expect(won?.length).toBeLessThanOrEqual(1)
    for (const { body } of lost ?? []) expect(body.error).toBe('invalid_grant')
    for (const { body } of won ?? []) {
      const next = await token(0, { grant_type: 'refresh_token', refresh_token: body.refresh_token ?? '' })
      expect(next).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    }
    return won?.length ?? 0
  }

  let people = 0
  /** A code of somebody new, as the token endpoint takes it. */
  const newCode = async (): Promise<Readonly<Record<string, string>>> => {
    const browser = await signedIn(fleet.url, `person${++people}@example.com`)
    const query = new URLSearchParams({
      client_id: 'app',
      response_type: 'code',
      redirect_uri: CALLBACK,
      scope: 'openid offline_access',
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    })
    const back = await follow(browser, fleet.url, `/oidc/auth?${query}`)
    const code = back instanceof URL ? back.searchParams.get('code') : null
    if (code === null) throw new Error(back instanceof URL ? back.href : back.text)
    return { grant_type: 'authorization_code', redirect_uri: CALLBACK, code_verifier: VERIFIER, code }
  }

  it('one of two uses of a code wins', async () => {
    let won = 0
    for (let round = 0; round < ROUNDS; round++) won += await winners(await both(await newCode()))
    expect(won).toBeGreaterThan(0)
  })

  it('one of two uses of a refresh token wins', async () => {
    let won = 0
    for (let round = 0; round < ROUNDS; round++) {
      const { body } = await token(0, await newCode())
      const { refresh_token = '' } = body
      won += await winners(await both({ grant_type: 'refresh_token', refresh_token }))
    }
    expect(won).toBeGreaterThan(0)
  })
})
