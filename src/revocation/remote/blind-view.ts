/** A view of a log whose ids are blinded, for credentials that bear the real ones. */
import type { JsonObject } from '../../json.ts'
import type { CheckKey, RevocationView } from '../check.ts'
import type { CredentialRef, Verdict } from '../engine.ts'
import { checkCredential } from '../view.ts'
import type { Blinding } from './blinding.ts'

/** Keeps the real ids beside the key that the blinded view has prepared. */
class BlindKey implements CheckKey {
  readonly ref: CredentialRef
  readonly inner: CheckKey

  constructor(ref: CredentialRef, inner: CheckKey) {
    this.ref = ref
    this.inner = inner
  }
}

/** @param readOn one linearizable read: rejects with `store.unavailable` unless all of the log has been applied since the call */
export function createBlindView(
  inner: RevocationView,
  blinding: Blinding,
  readOn: () => Promise<void>,
): RevocationView {
  /** Opened patches, by the object that the view holds, so that one patch stays one object. */
  const opened = new WeakMap<JsonObject, JsonObject>()

  const open = (patch: JsonObject | null, subject: string): JsonObject | null => {
    if (patch === null) return null
    const known = opened.get(patch) ?? blinding.openPatch(patch, subject)
    if (known) opened.set(patch, known)
    return known
  }
  const look = (key: CheckKey): Verdict => inner.look(innerOf(key))

  return {
    prepare: (ref) => new BlindKey(ref, inner.prepare(blinding.ref(checkCredential(ref)))),
    look,
    patchFor: (key) => open(inner.patchFor(innerOf(key)), key.ref.subject),
    pack: (ref, words, at) => inner.pack(blinding.ref(checkCredential(ref)), words, at),
    lookPacked: inner.lookPacked,
    // Who is packed has no subject any more that would open it.
    patchForPacked: () => null,
    isKeyRetired: inner.isKeyRetired,
    leaseHolds: inner.leaseHolds,
    wallMsInLease: inner.wallMsInLease,
    stalenessMs: inner.stalenessMs,
    leaseHeldWithin: inner.leaseHeldWithin,
    async strict(ref) {
      await readOn()
      return inner.look(inner.prepare(blinding.ref(checkCredential(ref))))
    },
    get epoch() {
      return inner.epoch
    },
    get floor() {
      return inner.floor
    },
  }
}

function innerOf(key: CheckKey): CheckKey {
  if (!(key instanceof BlindKey)) throw new TypeError('look needs a key that prepare has made')
  return key.inner
}
