/** The issuer's keys as a machine of the virtual world has them: signatures are real, counted, and take no virtual time. */
import type { IssuerKeys } from '../../../src/token/issuer-keys.ts'
import type { SigningKey, VerifyKey } from '../../../src/token/jwk.ts'
import type { Meter } from './meter.ts'
import type { World } from './world.ts'

/**
 * What has been checked in this world, by key, text and signature: what one machine has found, the next one need not compute
 * again. It counts as a check of its own all the same.
 */
export type Checked = Map<string, boolean | Promise<boolean>>

export function keysInWorld(keys: IssuerKeys, world: World, meter: Meter, checked: Checked): IssuerKeys {
  const signers = new WeakMap<SigningKey, SigningKey>()
  const verifiers = new WeakMap<VerifyKey, VerifyKey>()
  const still = <T>(answer: T | Promise<T>): T | Promise<T> =>
    answer instanceof Promise ? world.track(answer) : answer

  const signer = (key: SigningKey): SigningKey => {
    const known = signers.get(key) ?? {
      ...key,
      sign(input: string) {
        meter.count('signed')
        return still(key.sign(input))
      },
    }
    signers.set(key, known)
    return known
  }
  // A verifier remembers its keys by identity: each stays the same object.
  const verifier = (key: VerifyKey): VerifyKey => {
    const known = verifiers.get(key) ?? {
      ...key,
      verify(input: string | Uint8Array, signature: string | Uint8Array) {
        meter.count('verified')
        const name = `${key.keyId} ${input} ${signature}`
        const found = checked.get(name) ?? still(key.verify(input, signature))
        checked.set(name, found)
        return found
      },
    }
    verifiers.set(key, known)
    return known
  }
  return {
    signing: async () => signer(await world.track(keys.signing())),
    publicKeys: () => world.track(keys.publicKeys()),
    verifyKeys: async () => (await world.track(keys.verifyKeys())).map(verifier),
    list: () => world.track(keys.list()),
    rotate: (options) => world.track(keys.rotate(options)),
    refresh: () => world.track(keys.refresh()),
    close: () => keys.close(),
  }
}
