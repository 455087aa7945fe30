/** iron-session: the session sealed into the cookie. */
import { getIronSession } from 'iron-session'
import { type Profile, profileOf, SECRET, type Start } from '../application.ts'
import { listenNode, sendJson, signInOf } from './listening.ts'

const OPTIONS = { password: SECRET, cookieName: '__Host-sid' }

export const start: Start = () =>
  listenNode(async (request, response) => {
    const session = await getIronSession<Partial<Profile>>(request, response, OPTIONS)
    const subject = signInOf(request)
    if (subject !== null) {
      Object.assign(session, profileOf(subject))
      await session.save()
      sendJson(response, 200, { token: null })
    } else if (session.subject !== undefined) {
      sendJson(response, 200, { subject: session.subject, roles: session.roles })
    } else sendJson(response, 401, {})
  })
