/** Remote followers of the revocation log, by the follower key: services that check tokens and have no store. */
import { AuthError } from '../../errors.ts'
import { readJsonObject } from '../../http/body.ts'
import { bearerToken } from '../../http/credentials.ts'
import { type HttpRequest, jsonResponse } from '../../http/message.ts'
import { createOperatorKeyCheck } from '../../http/operator-keys.ts'
import type { Route } from '../../http/router.ts'
import { type Blinding, createBlinding } from '../../revocation/remote/blinding.ts'
import { createFollowerDesk } from '../../revocation/remote/desk.ts'
import { checkFollowerId, MAX_REQUEST_BYTES, readRequest, writeAnswer } from '../../revocation/remote/messages.ts'
import { createNews } from '../../revocation/remote/news.ts'
import { eventStream } from '../event-stream.ts'
import type { Instance } from '../instance.ts'
import type { VerifierNotes } from '../verifier-notes.ts'

export interface FollowerRoutes {
  readonly routes: readonly Route[]
  /** Answers what is held and ends every stream: the server is about to stop. */
  stopping(): void
}

/**
 * Without a key there is nothing at these paths.
 * @param mostStreams that may be open at once
 */
export function followerRoutes(
  instance: Instance,
  notes: Pick<VerifierNotes, 'writeRemote'>,
  mostStreams = 1000,
): FollowerRoutes {
  const { config, store, revocations } = instance
  if (config.followerKeys.length === 0) return { routes: [], stopping: () => undefined }
  const blindingOf = createFollowerKeys(config.followerKeys)
  const news = createNews()
  const desk = createFollowerDesk({ engine: store.revocations, news })
  const onNoteLost = (error: unknown): void => {
    instance.metrics.backgroundError('noting a follower')
    instance.logger.error({ error }, 'background work failed')
  }
  let streams = 0
  revocations.onApplied(() => news.tell())
  revocations.onReset(() => news.tell())

  const renew: Route = {
    method: 'POST',
    path: '/revocations/renew',
    withoutCsrf: true,
    async handle({ request }) {
      const blinding = blindingOf(request)
      const asked = readRequest(await readJsonObject(request, MAX_REQUEST_BYTES))
      const answer = await desk.renew(blinding, asked)
      // Never waited for: a note that is lost is written again with one of the next renewals.
      if (answer.member !== null && asked.told) notes.writeRemote(answer.member, asked.told).catch(onNoteLost)
      return jsonResponse(200, writeAnswer(answer))
    },
  }
  const leave: Route = {
    method: 'POST',
    path: '/revocations/leave',
    withoutCsrf: true,
    async handle({ request }) {
      const blinding = blindingOf(request)
      const { id } = await readJsonObject(request, MAX_REQUEST_BYTES)
      checkFollowerId(id)
      await desk.leave(blinding, id)
      return jsonResponse(200, { left: true })
    },
  }
  const stream: Route = {
    method: 'GET',
    path: '/revocations/stream',
    withoutCsrf: true,
    handle({ request }) {
      blindingOf(request)
      if (streams >= mostStreams) throw new AuthError('follower.limit', 'as many streams as are allowed are open')
      const lastId = request.headers.get('last-event-id')
      return eventStream((sink) => {
        const say = (): void => {
          const { applied } = revocations.follower.metrics
          sink.send(`id: ${applied}\ndata: {"head":${applied}}`)
        }
        streams++
        // Whoever knows this already need not read again.
        if (lastId === String(revocations.follower.metrics.applied)) sink.send(':')
        else say()
        const stop = news.listen(say, sink.end)
        return () => {
          streams--
          stop()
        }
      })
    },
  }
  return { routes: [renew, leave, stream], stopping: news.end }
}

/** What a request may see of the log. @throws AuthError `follower.key`, and those of `bearerToken` */
function createFollowerKeys(keys: readonly string[]): (request: HttpRequest) => Blinding {
  const known = keys.map((key) => ({ isKey: createOperatorKeyCheck([key]), blinding: createBlinding(key) }))
  return (request) => {
    const authorization = request.headers.get('authorization')
    const presented = authorization === null ? '' : bearerToken(authorization)
    // All of them are compared, whichever it is.
    const found = known.filter(({ isKey }) => isKey(presented))[0]
    if (!found) throw new AuthError('follower.key', 'this needs the follower key')
    return found.blinding
  }
}
