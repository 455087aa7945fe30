/** The transcripts that the README and docs/transcript.md show, run as they stand. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { freePort, temporaryFolder } from '../support/processes.ts'
import { agrees, readSteps, runTranscript } from '../support/transcript.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

describe('what a document shows', () => {
  it('is read as commands and their output', () => {
    const steps = readSteps('text\n```console\n$ one \\\n  more\nout\n\n$ two\n```\n```sh\n$ not this\n```\n')
    expect(steps).toEqual([
      { command: 'one \\\n  more', shown: ['out', ''], line: 3 },
      { command: 'two', shown: [], line: 7 },
    ])
    expect(agrees('{"a":"…",…', '{"a":"b","c":1}')).toBe(true)
    expect(agrees('a.c', 'abc')).toBe(false)
  })

  it('tells a run that prints something else', async () => {
    const outcomes = await runTranscript('```console\n$ echo one\ntwo\n$ echo three\nthree\n```\n', {
      cwd: root,
      env: process.env,
      replace: [],
    })
    expect(outcomes.map((outcome) => outcome.agrees)).toEqual([false, true])
  })

  for (const [file, least] of [
    ['README.md', 8],
    ['docs/transcript.md', 30],
  ] as const) {
    it(`${file} agrees with what happens`, { timeout: 120_000 }, async () => {
      const port = await freePort()
      const folder = temporaryFolder()
      try {
        const outcomes = await runTranscript(readFileSync(`${root}/${file}`, 'utf8'), {
          cwd: root,
          env: {
            ...process.env,
            PORT: String(port),
            TMPDIR: folder.path,
            SOJOURN_DATA: `${folder.path}/data`,
            npm_config_loglevel: 'silent',
          },
          replace: [['localhost:4000', `localhost:${port}`]],
        })
        expect(outcomes.length).toBeGreaterThanOrEqual(least)
        expect(outcomes.filter((outcome) => !outcome.agrees)).toEqual([])
      } finally {
        folder.remove()
      }
    })
  }
})
