/** Thirty days: Ana signs in once, is robbed on day 2, logs out on day 10. Sampled: in between all machines sleep. */

import { encodeBase64url } from '../../../src/crypto/base64url.ts'
import { randomId } from '../../../src/crypto/random.ts'
import type { Presented } from '../../../src/http/identify.ts'
import { accessTokenClaims } from '../../../src/token/access-tokens.ts'
import { ANA, type RunContext } from './column.ts'
import { createFleet, type Fleet } from './fleet.ts'
import { type Holder, handTokens } from './holder.ts'
import type { Instance } from './instance.ts'
import { ISSUER } from './machine.ts'
import { createMeter } from './meter.ts'
import type { ModeName } from './modes.ts'
import type { ColumnResult, Mark, Setup } from './result.ts'
import { horizonOf } from './scenarios.ts'
import { createWorld, EPOCH_SECONDS, type World } from './world.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SAMPLE_MS = 4 * HOUR_MS
const STOLEN_MS = 2 * DAY_MS
const LOG_OUT_MS = 10 * DAY_MS
/** After waking, machines join the fleet again. */
const AWAKE_MS = 3000
const LIFE_SECONDS = 30 * 86_400

export async function runThirtyDays(mode: ModeName, setup: Setup, context: RunContext): Promise<ColumnResult> {
  const horizon = horizonOf('thirty-days', setup.tokenMinutes)
  const world = createWorld({ seed: setup.seed, startMs: -20_000 })
  const meter = createMeter(horizon, false)
  const fleet = createFleet(mode, setup, world, meter)
  const ana = await fleet.signedIn(ANA, 60)
  for (let i = 0; i < setup.instances; i++) await world.runUntil(fleet.addInstance())
  if (mode === 'jwt') await giveLongToken(fleet, ana, world)
  await world.runTo(0)
  meter.start()
  const marks: Mark[] = []
  const figures: Record<string, number> = { visits: 0, lastAcceptedMs: -1 }
  let stolen: Presented | null = null
  let calledAtMs: number | null = null
  let resolvedAtMs: number | null = null

  const ask = async (instance: Instance, presented: Presented, lane: string | null): Promise<void> => {
    const sinceMs = world.nowMs
    meter.sent(ana.headerBytes)
    const decision = await world.runUntil(Promise.resolve(instance.decide(presented)))
    meter.decided(decision.standing, sinceMs, world.nowMs, world.nowMs > sinceMs, lane)
    if (lane !== null && decision.standing === 'accepted') figures.lastAcceptedMs = world.nowMs
  }
  const theft = async (): Promise<void> => {
    if (stolen === null) return
    for (const instance of fleet.instances) await ask(instance, stolen, instance.name)
  }

  for (let atMs = SAMPLE_MS; atMs < horizon; atMs += SAMPLE_MS) {
    context.signal.throwIfAborted()
    context.progress(atMs / horizon)
    await world.leapTo(atMs)
    await world.runTo(atMs + AWAKE_MS)
    const instance = fleet.instances[(atMs / SAMPLE_MS) % fleet.instances.length]
    if (!instance) break
    if (atMs < LOG_OUT_MS) {
      if (fleet.needsRefresh(ana)) await world.runUntil(fleet.refresh(instance, ana))
      figures.visits = (figures.visits ?? 0) + 1
      await ask(instance, ana.presented, null)
    }
    if (stolen === null && atMs >= STOLEN_MS) {
      stolen = ana.presented
      marks.push({ at: world.nowMs, label: 'stolen' })
      await theft()
      // Once more a minute before a token of now is over: the next sample is hours away.
      await world.leapTo(world.nowMs + setup.tokenMinutes * 60_000 - 60_000)
      await world.runTo(world.nowMs + AWAKE_MS)
    }
    if (calledAtMs === null && atMs >= LOG_OUT_MS) {
      calledAtMs = world.nowMs
      marks.push({ at: world.nowMs, label: 'log out' })
      await world.runUntil(instance.machine.logins.logOut(ana.sessionId))
      resolvedAtMs = world.nowMs
      meter.resolved(resolvedAtMs)
    }
    await theft()
  }
  figures.exposureMs = figures.lastAcceptedMs === -1 ? 0 : Math.max(0, (figures.lastAcceptedMs ?? 0) - STOLEN_MS)
  const result = meter.result(ana.headerBytes)
  void fleet.close().catch(() => undefined)
  return { mode, ...result, marks, calledAtMs, resolvedAtMs, confirmedBy: calledAtMs === null ? null : 'acks', figures }
}

/**
 * A JWT of thirty days, as people make them. The product's issuer refuses more than an hour, so its claims are put together
 * here and signed with its key; its verifier takes it, told to.
 */
async function giveLongToken(fleet: Fleet, holder: Holder, world: World): Promise<void> {
  const [instance] = fleet.instances
  if (!instance) return
  const key = await world.runUntil(instance.machine.keys.signing())
  const shape = { subject: ANA, clientId: ISSUER, audience: [ISSUER], sessionId: holder.sessionId, generation: 0 }
  const issuedAt = EPOCH_SECONDS - 20
  const claims = {
    ...accessTokenClaims(ISSUER, {
      ...shape,
      claims: { roles: ['reader'] },
      tokenId: randomId(),
      lifetimeSeconds: 3600,
      issuedAt,
    }),
    exp: issuedAt + LIFE_SECONDS,
  }
  const part = (value: object) => encodeBase64url(new TextEncoder().encode(JSON.stringify(value)))
  const signed = `${part({ alg: key.algorithm, typ: 'at+jwt', kid: key.keyId })}.${part(claims)}`
  const accessToken = `${signed}.${await world.runUntil(Promise.resolve(key.sign(signed)))}`
  handTokens(holder, { accessToken, refreshToken: '', expiresAt: issuedAt + LIFE_SECONDS })
}
