/** A verifier that follows a Sojourn server. What follows is loaded when the verifier is made: others do not pay for it. */
import { systemClock } from '../clock.ts'
import { AuthError } from '../errors.ts'
import type { RevocationView } from '../revocation/check.ts'
import type { FollowingStatus, RemoteRevocations } from '../revocation/remote/remote-revocations.ts'
import { checkServer, type ServerAddress } from '../revocation/remote/server-address.ts'
import type { Verifier } from './verifier-shape.ts'

export type { FollowingStatus } from '../revocation/remote/remote-revocations.ts'

/** The Sojourn server whose revocations a service without a store follows. */
export interface FollowedServer extends ServerAddress {
  /** Told of every failed request, for logs; what follows from it shows in the status. */
  readonly onFailure?: (cause: unknown) => void
}

export interface FollowingVerifier extends Verifier {
  /**
   * Resolves when it may decide from memory. A `verify` that comes sooner waits for it, 5 seconds at most.
   * @throws AuthError `store.unavailable` when it is closed before
   */
  ready(): Promise<void>
  /** How it stands with the server, for health checks and metrics. */
  status(): FollowingStatus
  /** Stops accepting, tells the server so, and lets the process end. Never rejects. */
  close(): Promise<void>
}

interface Opened {
  readonly verifier: Verifier
  readonly revocations: RemoteRevocations
}

/**
 * @param over a verifier with these revocations
 * @throws TypeError for an address, a key or a lease that makes no sense
 */
export function createFollowingVerifier(
  server: FollowedServer,
  over: (view: RevocationView) => Verifier,
): FollowingVerifier {
  checkServer(server)
  let opened: Opened | null = null
  let lastAcceptedAt: number | null = null
  let isClosed = false
  const opening = open()
  // Whoever asks is told.
  opening.catch(() => undefined)

  async function open(): Promise<Opened> {
    const { createRemoteRevocations } = await import('../revocation/remote/remote-revocations.ts')
    if (isClosed) throw new AuthError('store.unavailable', 'the verifier has been closed')
    const revocations = createRemoteRevocations({ ...server, lastAcceptedAt: () => lastAcceptedAt }, systemClock)
    opened = { revocations, verifier: over(revocations.view) }
    return opened
  }

  /** Whatever is not thrown or left open is an acceptance. */
  const accepted = <T>(result: T): T => {
    if (result !== undefined) lastAcceptedAt = systemClock.now()
    return result
  }

  const verifyDetailed: Verifier['verifyDetailed'] = async (token, consistency) =>
    accepted(await (await opening).verifier.verifyDetailed(token, consistency))

  return {
    revocation: 'lease',
    verifyDetailed,
    verifyNow: (token) => accepted(opened?.verifier.verifyNow(token)),
    async verify(token, consistency) {
      return accepted(await (await opening).verifier.verify(token, consistency))
    },
    guard(claims, freshness) {
      if (!opened) throw new TypeError('these claims are not from this verifier')
      opened.verifier.guard(claims, freshness)
    },
    async ready() {
      await (await opening).revocations.ready()
    },
    status: () =>
      opened?.revocations.status() ?? {
        state: 'JOINING',
        member: null,
        stalenessMs: Number.POSITIVE_INFINITY,
        applied: 0,
      },
    async close() {
      isClosed = true
      await opening.then(
        ({ revocations }) => revocations.close(),
        () => undefined,
      )
    },
  }
}
