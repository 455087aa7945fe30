import { expect, it } from 'vitest'
import { createRouter } from '../../../../src/http/router.ts'
import { authRoutes } from '../../../../src/http/routes/auth-routes.ts'
import { authRoutesOnDemand } from '../../../../src/http/routes/on-demand.ts'
import { httpParts, ORIGIN } from '../../../support/http-parts.ts'

it('knows the routes that there are, each with its terms', async () => {
  const { parts } = await httpParts()
  const termsOf = (routes: ReturnType<typeof authRoutes>) => routes.map(({ handle: _handle, ...terms }) => terms)
  expect(termsOf(authRoutesOnDemand(parts).routes)).toEqual(termsOf(authRoutes(parts)))
})

it('answers as the routes do', async () => {
  const { parts, signIn } = await httpParts()
  const { headers } = await signIn()
  const { routes } = authRoutesOnDemand(parts)
  const router = createRouter({ routes, origins: parts.origins })
  const answer = await router.handle({
    method: 'GET',
    url: `${ORIGIN}/auth/session`,
    headers: new Headers({ host: 'app.example', cookie: headers.cookie }),
    body: null,
  })
  expect(answer.status).toBe(200)
  expect(JSON.parse(String(answer.body))).toMatchObject({ subject: 'alice' })
})
