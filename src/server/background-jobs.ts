/** What the server does besides answering. */
import { PASSWORD_CHANGES } from '../accounts/password-changes.ts'
import { PROVIDER_RECORDS } from '../oidc/provider.ts'
import { STATUS_RECORDS } from '../revocation/status-list-names.ts'
import { ATTEMPT_RECORDS } from './attempts.ts'
import type { Instance } from './instance.ts'
import { inPortions, type Job } from './jobs.ts'
import { NOTED_ROTATIONS, noteRotation } from './rotations.ts'
import { NOTE_SECONDS, VERIFIER_NOTES, type VerifierNotes } from './verifier-notes.ts'

const PORTION = 500

export function backgroundJobs(instance: Instance, notes: Pick<VerifierNotes, 'write'>): readonly Job[] {
  const { store, keys, clock, accounts } = instance
  /** The key that signed when this process last looked. */
  let signing: string | null = null
  return [
    {
      name: 'delete expired sessions',
      everySeconds: 60,
      async run() {
        await inPortions(PORTION, (limit) => store.sessions.deleteExpired(clock.now(), limit))
        await inPortions(PORTION, (limit) => store.families.deleteExpired(clock.now(), limit))
      },
    },
    {
      name: 'delete expired records',
      everySeconds: 300,
      async run() {
        for (const kind of RECORD_KINDS)
          await inPortions(PORTION, (limit) => store.records(kind).deleteExpired(clock.now(), limit))
      },
    },
    {
      name: 'look after the signing keys',
      everySeconds: 30,
      async run() {
        await keys.refresh()
        const { keyId } = await keys.signing()
        if (signing !== null && signing !== keyId) await noteRotation(instance, keyId, { actor: { kind: 'system' } })
        signing = keyId
      },
    },
    { name: 'tell of this verifier', everySeconds: NOTE_SECONDS, run: notes.write },
    {
      name: 'finish password changes',
      everySeconds: 60,
      async run() {
        await accounts.finishPasswordChanges()
      },
    },
  ]
}

/** Every kind of record that the parts below keep with an end. */
const RECORD_KINDS = [
  'password-reset',
  'password-reset-newest',
  PASSWORD_CHANGES,
  'throttle',
  'browser',
  NOTED_ROTATIONS,
  VERIFIER_NOTES,
  ...ATTEMPT_RECORDS,
  ...STATUS_RECORDS,
  ...PROVIDER_RECORDS,
]
