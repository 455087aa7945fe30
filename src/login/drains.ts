/** Sessions that end while requests of theirs are under way, where the revoker wants these to be waited for. */
import type { AuthError } from '../errors.ts'
import type { RevocationEvent } from '../revocation/engine.ts'
import type { Timers } from '../revocation/timers.ts'
import type { Login } from './login.ts'

/** A request that was let in and is being answered. */
export interface RequestUnderWay extends Pick<Login, 'sessionId' | 'subject' | 'session' | 'token'> {
  /** Calls `release` when it is over; at once if it is so already. */
  whenOver(release: () => void): void
}

export type DrainedEvent = Extract<RevocationEvent, { readonly kind: 'session' | 'subject' }>

export interface Drains {
  /**
   * Resolves when the requests that the event ends are over, or after its `drainSeconds`: `stop` is then called, and so it is
   * when they are over. undefined: there are none.
   */
  begin(event: DrainedEvent, stop: () => void): Promise<void> | undefined
  /** A signal for a request whose login has ended and that may finish all the same; null: it may not. */
  signalOf(login: RequestUnderWayLike): AbortSignal | null
  /** Waits no longer. */
  close(): void
}

type RequestUnderWayLike = Omit<RequestUnderWay, 'whenOver'>

interface Drain {
  readonly event: DrainedEvent
  readonly controller: AbortController
  readonly finish: () => void
}

export interface DrainsOptions {
  readonly timers: Timers
  /** All requests under way. */
  readonly underWay: () => readonly RequestUnderWay[]
  readonly reason: () => AuthError
}

export function createDrains({ timers, underWay, reason }: DrainsOptions): Drains {
  const drains = new Set<Drain>()
  return {
    begin(event, stop) {
      const requests = underWay().filter((request) => ends(event, request))
      if (requests.length === 0) return undefined
      return new Promise((resolve) => {
        const controller = new AbortController()
        const finish = (): void => {
          if (!drains.delete(drain)) return
          cancel()
          stop()
          controller.abort(reason())
          resolve()
        }
        const drain: Drain = { event, controller, finish }
        drains.add(drain)
        const cancel = timers.after(1000 * (event.drainSeconds ?? 0), finish, false)
        let open = requests.length
        for (const request of requests) {
          request.whenOver(() => {
            open--
            if (open === 0) finish()
          })
        }
      })
    },
    signalOf(login) {
      for (const { event, controller } of drains) if (ends(event, login)) return controller.signal
      return null
    },
    close() {
      for (const { finish } of [...drains]) finish()
    },
  }
}

function ends(event: DrainedEvent, login: RequestUnderWayLike): boolean {
  if (event.kind === 'session') return login.sessionId === event.sessionId
  const generation = login.session ? login.session.generation : login.token?.gen
  // What has no generation is dead by every one.
  return login.subject === event.subject && !(typeof generation === 'number' && generation >= event.generation)
}
