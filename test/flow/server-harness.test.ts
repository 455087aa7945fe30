/** The harness itself: the servers are real, are killed and come back, and leave nothing behind. */
import { existsSync } from 'node:fs'
import pg from 'pg'
import { createClient } from 'redis'
import { expect, it } from 'vitest'
import { describeWithPostgres, describeWithRedis, startPostgres, startRedis } from '../support/servers.ts'

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describeWithRedis('startRedis', () => {
  it('keeps what was written over a kill, where it is told to', { timeout: 60_000 }, async () => {
    const server = await startRedis({ appendonly: 'yes', appendfsync: 'always' })
    const connected = () => createClient({ url: server.url }).connect()
    const ask = async <T>(work: (client: Awaited<ReturnType<typeof connected>>) => Promise<T>): Promise<T> => {
      const client = await connected()
      try {
        return await work(client)
      } finally {
        client.destroy()
      }
    }
    await ask((client) => client.set('k', 'v'))
    server.pause()
    const answer = ask((client) => client.get('k'))
    expect(await Promise.race([answer, new Promise((resolve) => setTimeout(resolve, 200, 'silence'))])).toBe('silence')
    server.resume()
    expect(await answer).toBe('v')
    const { pid } = server
    await server.kill()
    expect(isAlive(pid)).toBe(false)
    await server.restart()
    expect(await ask((client) => client.get('k'))).toBe('v')
    const later = server.pid
    await server.stop()
    await server.stop()
    expect(isAlive(later)).toBe(false)
    expect(existsSync(server.directory)).toBe(false)
  })
})

describeWithPostgres('startPostgres', () => {
  it('gives databases of their own, and comes back after a kill', { timeout: 60_000 }, async () => {
    const server = await startPostgres({ durable: true })
    const ask = async (url: string, query: string): Promise<unknown[]> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query(query)).rows
      } finally {
        await client.end()
      }
    }
    const other = await server.createDatabase()
    await ask(server.url, 'CREATE TABLE t AS SELECT 1 AS n')
    await expect(ask(other, 'SELECT n FROM t')).rejects.toThrow('does not exist')
    const { pid } = server
    await server.kill()
    expect(isAlive(pid)).toBe(false)
    await server.restart()
    expect(await ask(server.url, 'SELECT n FROM t')).toEqual([{ n: 1 }])
    await server.stop()
    expect(existsSync(server.directory)).toBe(false)
  })
})
