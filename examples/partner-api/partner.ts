/** The partner's program: no user, no browser; it gets a token in its own name and calls the API with it. */
import * as openid from 'openid-client'

const {
  ISSUER = 'http://localhost:4000',
  AUDIENCE = 'https://partners.example',
  API = 'http://localhost:3005',
  SECRET,
} = process.env
if (!SECRET) throw new Error('set SECRET to what `sojourn clients add partner` has printed')

const issuer = new URL(ISSUER)
const config = await openid.discovery(issuer, 'partner', SECRET, undefined, {
  execute: issuer.hostname === 'localhost' ? [openid.allowInsecureRequests] : [],
})
const { access_token: token } = await openid.clientCredentialsGrant(config, { resource: AUDIENCE })
const headers = { authorization: `Bearer ${token}` }
const show = async (response: Response) => console.log(response.status, await response.text())

await show(await fetch(API, { headers }))
await show(await fetch(API, { headers, method: 'POST' }))
// What it does not need any more it gives back; the API hears of that at its next question.
await openid.tokenRevocation(config, token)
await show(await fetch(API, { headers, method: 'POST' }))
