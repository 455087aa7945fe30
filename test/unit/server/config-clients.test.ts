/** `SOJOURN_CLIENTS`: a file of clients, a line for each fault, and no secret in any of them. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256Base64url } from '../../../src/crypto/digest.ts'
import { readConfig } from '../../../src/server/config.ts'
import { temporaryFolder } from '../../support/processes.ts'

const SECRET = 'k3y-Qp9zX7vL2mN8bT4cR6wY1sD5fGh0j'
const SHOP = { client_id: 'shop', redirect_uris: ['https://shop.example/callback'], client_secret: SECRET }

function read(text: string) {
  const folder = temporaryFolder()
  onTestFinished(folder.remove)
  const path = join(folder.path, 'clients.json')
  writeFileSync(path, text)
  const found = readConfig({ SOJOURN_CLIENTS: path, SOJOURN_AUDIENCES: 'https://api.example' })
  return 'faults' in found
    ? { clients: [], lines: found.faults.map(({ problem, mend }) => `${problem}: ${mend}`) }
    : { clients: found.config.clients, lines: [] }
}

describe('SOJOURN_CLIENTS', () => {
  it('keeps a digest in the place of the secret', () => {
    const { clients, lines } = read(JSON.stringify([{ ...SHOP, audiences: ['https://api.example'] }]))
    expect(lines).toEqual([])
    expect(clients).toMatchObject([{ client_id: 'shop', client_secret_sha256: sha256Base64url(SECRET) }])
    expect(JSON.stringify(clients)).not.toContain(SECRET)
  })

  it.each([
    [`[{"client_secret":"${SECRET}"`, /is no JSON: give the path/],
    ['{}', /holds no list of clients/],
    [JSON.stringify([7]), /^client 1: a client is a JSON object/],
    [JSON.stringify([{ ...SHOP, client_secret: 'short-hunter2' }]), /^client "shop": client_secret must have 32/],
    [
      JSON.stringify([{ ...SHOP, redirect_uris: ['http://shop.example/'] }]),
      /^client "shop": redirect_uris must be https/,
    ],
    [JSON.stringify([SHOP, SHOP]), /^client "shop": it is there twice/],
    [JSON.stringify([{ ...SHOP, serves: ['https://other.example'] }]), /is not among SOJOURN_AUDIENCES/],
  ])('says in one line what is wrong with %s', (text, message) => {
    const { lines } = read(text)
    expect(lines).toEqual([expect.stringMatching(message)])
    expect(lines.join()).not.toMatch(/hunter2|Qp9zX7vL/)
    expect(lines.join()).not.toContain('\n')
  })

  it('says so where there is no such file', () => {
    const found = readConfig({ SOJOURN_CLIENTS: '/nonexistent/clients.json' })
    expect(found).toMatchObject({
      faults: [{ variable: 'SOJOURN_CLIENTS', problem: expect.stringMatching(/cannot be read$/) }],
    })
  })
})
