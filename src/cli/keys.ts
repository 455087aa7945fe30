/** `sojourn keys list`, `sojourn keys rotate`: the keys that sign access tokens. */
import { choiceKeys } from '../oidc/signing.ts'
import { noteRotation } from '../server/rotations.ts'
import type { KeyInfo } from '../token/issuer-keys.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { withInstance } from './open.ts'
import { inWords, iso, printJson, printRows, receiptJson, receiptLine } from './output.ts'

export const keysList: Command = {
  summary: 'list the signing keys and what each of them does',
  options: JSON_OPTION,
  run: ({ terminal, flag }) =>
    withInstance(terminal.env, async ({ keys, clock }) => {
      await keys.refresh()
      const list = await keys.list()
      const now = clock.now()
      if (flag('json')) printJson(terminal, { keys: list.map(asJson) })
      else
        printRows(
          terminal,
          list,
          [
            { title: 'key', show: (key) => key.keyId },
            { title: 'algorithm', show: (key) => key.algorithm },
            { title: 'state', show: (key) => key.state },
            { title: 'signs from', show: (key) => inWords(key.signsFrom, now), raw: (key) => iso(key.signsFrom) },
            { title: 'signs until', show: (key) => inWords(key.signsUntil, now), raw: (key) => iso(key.signsUntil) },
            { title: 'removed', show: (key) => inWords(key.removedAt, now), raw: (key) => iso(key.removedAt) },
          ],
          'There is no key yet: the server makes the first one.',
        )
      return 0
    }),
}

export const keysRotate: Command = {
  summary: 'let the next key sign from now on',
  options: {
    compromised: { type: 'boolean', help: 'the keys may have been stolen: refuse all that they signed, everywhere' },
    ...JSON_OPTION,
  },
  notes: [
    'Without --compromised nobody notices: tokens of the old key stay good until they expire.',
    'With it every key so far is retired and everybody signs in again: the emergency brake.',
  ],
  run: ({ terminal, flag }) =>
    withInstance(terminal.env, async (instance) => {
      const { keys, logins, store, secrets, clock } = instance
      await keys.refresh()
      const compromised = flag('compromised')
      // With those that an earlier, interrupted rotation has taken out of use without raising the floor.
      const earlier = compromised ? (await keys.list()).map((key) => key.keyId) : []
      const rotated = await keys.rotate({ compromised })
      // Relying parties believe what these have signed; who has read one secret has read them all.
      const choices = choiceKeys({ records: store.records, secrets, clock })
      const others = compromised ? await Promise.all(choices.map((more) => more.rotate({ compromised }))) : []
      const retired = [...new Set([...earlier, ...[rotated, ...others].flatMap((one) => one.retired)])]
      const receipt = compromised ? await logins.raiseFloor(retired) : null
      await noteRotation(instance, rotated.signing, { actor: { kind: 'cli' }, compromised })
      if (flag('json'))
        printJson(terminal, {
          signing: rotated.signing,
          retired,
          floor: receipt?.floor ?? null,
          receipt: receipt && receiptJson(receipt),
        })
      else {
        terminal.out(`Key ${rotated.signing} signs from now on.`)
        if (receipt)
          terminal.out(`All earlier keys, sessions and tokens (${retired.length} keys): ${receiptLine(receipt)}.`)
      }
      return 0
    }),
}

function asJson(key: KeyInfo) {
  return {
    key_id: key.keyId,
    algorithm: key.algorithm,
    state: key.state,
    created_at: key.createdAt,
    signs_from: key.signsFrom,
    signs_until: key.signsUntil,
    removed_at: key.removedAt,
  }
}
