/**
 * Follows docs/guides/getting-started.md in an empty folder, word for word: its commands, its files, what it shows. Only
 * `sojourn` is installed from this tree, packed as a registry would get it. Prints a transcript and the time it took.
 * Run by `npm run ten-minutes` after a build; fails where the guide and what happens disagree.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/support/processes.ts'
import { runTranscript } from '../test/support/transcript.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const guide = readFileSync(join(root, 'docs/guides/getting-started.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(\w+)(?: (\S+))?\n(.*?)^```$/gms)].map(([, kind, file, code = '']) => ({
  kind,
  file,
  code,
}))
if (blocks.length < 4) throw new Error('the guide has lost its code')
if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist/ is missing: run `npm run build` first')

const started = performance.now()
const elapsed = (): string => ((performance.now() - started) / 1000).toFixed(1)
const folder = mkdtempSync(join(tmpdir(), 'sojourn-ten-minutes-'))
try {
  // Whatever the tree holds for its own npm must not reach the new folder.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_)/.test(name)))
  execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: root, env })
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (!tarball) throw new Error('npm pack made no file')
  const place = join(folder, 'place')
  mkdirSync(place)
  const port = String(await freePort())
  const here = (text: string): string => text.replaceAll('3000', port)

  for (const { kind, file, code } of blocks) {
    if (kind === 'sh') {
      console.log(code.replaceAll(/^(?=.)/gm, '$ ').trimEnd())
      const commands = code.replace(/(?<=npm install .*)\bsojourn\b/, join(folder, tarball))
      execFileSync('bash', ['-ec', commands], { cwd: place, env, stdio: ['ignore', 'ignore', 'inherit'] })
    } else if (kind === 'js' && file) {
      console.log(`$ cat > ${file}   # ${code.trimEnd().split('\n').length} lines of the guide`)
      writeFileSync(join(place, file), here(code))
    } else if (kind !== 'console') throw new Error(`nobody knows what to do with a block of ${kind}`)
  }
  console.log(`(${elapsed()} s so far)`)
  const outcomes = await runTranscript(guide, { cwd: place, env, replace: [['3000', port]] })
  for (const { command, printed, shown, agrees } of outcomes) {
    console.log([`$ ${command}`, ...printed].join('\n').replaceAll(port, '3000'))
    if (agrees) continue
    console.error(`the guide shows otherwise:\n${shown.join('\n')}`)
    process.exitCode = 1
  }
  console.log(`${outcomes.filter(({ agrees }) => agrees).length} of ${outcomes.length} steps agree, ${elapsed()} s`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
