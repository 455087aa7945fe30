/** The Lab, built into a folder of its own and served by the server's own routes, on a free port. */
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { buildLab, buildLive } from '../../scripts/build-lab.ts'
import { createOriginPolicy } from '../../src/http/origin.ts'
import { createRouter } from '../../src/http/router.ts'
import { labRoutes } from '../../src/server/lab.ts'
import { secure } from '../../src/server/security-headers.ts'
import { freePort, temporaryFolder } from './processes.ts'

export interface LabFolder {
  /** Holds `lab` and `lab-live`. */
  readonly path: string
  remove(): void
}

export async function buildLabFolder(): Promise<LabFolder> {
  const folder = temporaryFolder()
  await buildLab(join(folder.path, 'lab'))
  await buildLive(join(folder.path, 'lab-live'))
  return folder
}

export interface LabSite {
  /** `http://localhost:…/lab/`: a secure context. */
  readonly url: string
  /** Every request so far: method and path. */
  readonly asked: string[]
  close(): Promise<void>
}

/** @param bare without the headers that keep a page from reaching others: for positive controls */
export async function openLabSite(folder: LabFolder, { bare = false } = {}): Promise<LabSite> {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const router = createRouter({ routes: labRoutes(folder.path), origins: createOriginPolicy(origin) })
  const asked: string[] = []
  const server = createServer(async ({ method = 'GET', url = '/', headers: given }, outgoing) => {
    asked.push(`${method} ${url}`)
    const headers = { get: (name: string) => given[name]?.toString() ?? null }
    const response = await router.handle({ method, url, headers, body: null })
    secure(response.headers, false)
    if (bare) for (const name of ['Content-Security-Policy', 'Connection-Allowlist']) response.headers.delete(name)
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(response.body)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return { url: `${origin}/lab/`, asked, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
