/** The four bare servers, each with one page and a sign-in. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express, { type Express } from 'express'
import Fastify, { type FastifyInstance } from 'fastify'
import { Hono } from 'hono'
import { PAGE, SIGN_IN } from '../application.ts'

export function listenNode(listener: RequestListener): Promise<number> {
  const server = createServer(listener)
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(portOf(server.address()))))
}

/** A JSON answer of node:http, in as few steps as it takes. */
export function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = JSON.stringify(value)
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}

/** The subject that a sign-in names; null: the request is none. */
export function signInOf({ method, url = '' }: Pick<IncomingMessage, 'method' | 'url'>): string | null {
  return method === 'POST' && url.startsWith(SIGN_IN) ? url.slice(SIGN_IN.length) : null
}

export function isPage({ url }: Pick<IncomingMessage, 'url'>): boolean {
  return url === PAGE
}

export function newExpress(): Express {
  const app = express()
  app.set('trust proxy', true)
  return app
}

export function listenExpress(app: Express): Promise<number> {
  return new Promise((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(portOf(server.address())))
  })
}

export function newFastify(): FastifyInstance {
  return Fastify({ trustProxy: true })
}

export async function listenFastify(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' })
  return portOf(app.server.address())
}

export function newHono(): Hono {
  return new Hono()
}

export function listenHono(app: Pick<Hono, 'fetch'>): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port))
  })
}

function portOf(address: string | AddressInfo | null): number {
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
