/** The issuer's keys for applications that may never sign anything: loaded when they are first asked for. */
import { once, onDemand } from '../on-demand.ts'
import { isSignatureAlgorithm } from './algorithms.ts'
import type { IssuerKeys, IssuerKeysOptions } from './issuer-keys.ts'

/** @throws TypeError for an unknown algorithm */
export function issuerKeysOnDemand(options: IssuerKeysOptions): IssuerKeys {
  if (options.algorithm !== undefined && !isSignatureAlgorithm(options.algorithm)) {
    throw new TypeError('algorithm is not one that Sojourn signs with')
  }
  let isClosed = false
  let loaded: IssuerKeys | null = null
  const load = once(async () => {
    const { createIssuerKeys } = await import('./issuer-keys.ts')
    loaded = createIssuerKeys(options)
    if (isClosed) loaded.close()
    return loaded
  })
  return {
    ...onDemand<Omit<IssuerKeys, 'close'>>(
      { signing: true, publicKeys: true, verifyKeys: true, list: true, rotate: true, refresh: true },
      load,
    ),
    close() {
      isClosed = true
      loaded?.close()
    },
  }
}
