/** Changes of the signing key in the audit log: each once, however many servers see it. */
import type { AuditActor } from '../audit/event.ts'
import type { Instance } from './instance.ts'

/** The kind of the records that say which have been written down. */
export const NOTED_ROTATIONS = 'rotation-noted'
/** Longer than a key signs. */
const NOTED_SECONDS = 60 * 86_400

/**
 * @param signing id of the key that signs now
 * @param by who made it so; what time has done (`system`) is written down by the first who sees it
 */
export async function noteRotation(
  { store, audit, clock }: Pick<Instance, 'store' | 'audit' | 'clock'>,
  signing: string,
  by: { readonly actor: AuditActor; readonly compromised?: boolean },
): Promise<void> {
  const now = clock.now()
  const isFirst = await store.records(NOTED_ROTATIONS).compareAndSet(signing, null, {}, now + NOTED_SECONDS, now)
  if (by.actor.kind === 'system' && !isFirst) return
  const { actor, compromised } = by
  await audit.record({
    action: 'keys.rotated',
    actor,
    detail: { signing, ...(compromised === undefined ? {} : { compromised }) },
  })
}
