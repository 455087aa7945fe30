/** The guide to a fleet, run as it stands: four servers behind `fleet/balancer.ts`, one Redis. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { describeWithRedis } from '../support/servers.ts'
import { runTranscript } from '../support/transcript.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describeWithRedis('docs/guides/fleet.md', () => {
  it('agrees with what happens', { timeout: 120_000 }, async () => {
    const folder = temporaryFolder()
    const ports = await Promise.all(
      ['4000', '4001', '4002', '4003', '4004', '6379'].map(async (of) => [of, String(await freePort())] as const),
    )
    try {
      const outcomes = await runTranscript(readFileSync(`${root}/docs/guides/fleet.md`, 'utf8'), {
        cwd: root,
        env: {
          ...process.env,
          TMPDIR: folder.path,
          SOJOURN_DATA: `${folder.path}/data`,
          npm_config_loglevel: 'silent',
        },
        replace: [
          ...ports,
          ...['redis.log', 'balancer.log', 'servers.log', 'jar.json'].map(
            (file) => [file, file.replace(/(\S+)$/, `${folder.path}/$1`)] as const,
          ),
        ],
      })
      expect(outcomes.length).toBeGreaterThanOrEqual(15)
      expect(outcomes.filter((outcome) => !outcome.agrees)).toEqual([])
    } finally {
      folder.remove()
    }
  })
})
