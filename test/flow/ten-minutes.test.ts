/** docs/guides/getting-started.md, followed word for word in an empty folder; asks the registry for Express. */
import { expect, it } from 'vitest'
import { runNode } from '../support/processes.ts'

it('brings a login that survives a restart into a new application', { timeout: 130_000 }, async () => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined))
  const { code, stdout, stderr } = await runNode(['scripts/ten-minutes.ts'], {
    env: env as Record<string, string>,
    timeoutMs: 120_000,
  })
  expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('npm warn'))).toEqual([])
  const [, agree, all, seconds] = /^(\d+) of (\d+) steps agree, ([\d.]+) s$/m.exec(stdout) ?? []
  expect([code, agree]).toEqual([0, all])
  expect(Number(all)).toBeGreaterThanOrEqual(12)
  expect(Number(seconds)).toBeLessThan(600)
})
