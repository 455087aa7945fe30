/** The floor: the same answer without a look at who asks. */
import { PAGE, profileOf, type Start, subjectOf } from '../application.ts'
import {
  isPage,
  listenExpress,
  listenFastify,
  listenHono,
  listenNode,
  newExpress,
  newFastify,
  newHono,
  sendJson,
} from './listening.ts'

export const start: Start = async ({ framework }) => {
  const profile = profileOf(subjectOf(0))
  if (framework === 'node:http') {
    return listenNode((request, response) => {
      if (isPage(request)) sendJson(response, 200, profile)
      else sendJson(response, 404, {})
    })
  }
  if (framework === 'Express 5') {
    return listenExpress(newExpress().get(PAGE, (_request, response) => void response.json(profile)))
  }
  if (framework === 'Fastify') return listenFastify(newFastify().get(PAGE, (_request, reply) => reply.send(profile)))
  return listenHono(newHono().get(PAGE, (c) => c.json(profile)))
}
