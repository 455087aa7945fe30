/** The code of guides as it stands there, in a folder where it can be type-checked and run. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { type Ended, freePort, runNode } from './processes.ts'
import { root } from './source-files.ts'

export interface GuideFolder {
  /** What the compiler says of the guides' own code. */
  faults(): readonly string[]
  /** Puts a file of the test beside those of a guide. */
  add(guide: string, name: string, code: string): void
  /** Runs a file until it prints a URL, and answers that. `onText`: whatever it prints. */
  start(
    guide: string,
    name: string,
    env: Readonly<Record<string, string>>,
    onText?: (text: string) => void,
  ): Promise<string>
  /** Runs a file to its end. */
  run(guide: string, name: string, args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>
  /** Ends what was started and removes the folder. */
  remove(): Promise<void>
}

/** @param guides names of files in docs/guides, without `.md`; every block of code in them must be a named `.ts` file */
export function createGuideFolder(guides: readonly string[]): GuideFolder {
  const folder = mkdtempSync(join(tmpdir(), 'sojourn-guides-'))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  for (const guide of guides) {
    mkdirSync(join(folder, guide))
    const text = readFileSync(join(root, 'docs/guides', `${guide}.md`), 'utf8')
    const blocks = [...text.matchAll(/^```ts (\S+\.ts)\n(.*?)^```$/gms)]
    if (text.match(/^```/gm)?.length !== blocks.length * 2) throw new Error(`${guide}: code that nobody runs`)
    for (const [, name = '', code = ''] of blocks) writeFileSync(join(folder, guide, name), code)
  }
  const stops: (() => Promise<unknown>)[] = []

  return {
    faults() {
      const paths = Object.entries(manifest.exports).flatMap(([subpath, target]) =>
        typeof target === 'string'
          ? []
          : [
              [
                manifest.name + subpath.slice(1),
                [join(root, target.default.replace('./dist/', 'src/').replace(/js$/, 'ts'))],
              ],
            ],
      )
      const config = {
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          // The types of those packages do not hold under it.
          exactOptionalPropertyTypes: false,
          typeRoots: [join(root, 'node_modules/@types')],
          paths: Object.fromEntries(paths),
        },
        include: guides.map((guide) => `${guide}/*.ts`),
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
      const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: folder, encoding: 'utf8' })
      return stdout.split('\n').filter((line) => guides.some((guide) => line.startsWith(`${guide}/`)))
    },

    add: (guide, name, code) => writeFileSync(join(folder, guide, name), code),

    async start(guide, name, env, onText) {
      const all = { PATH: process.env.PATH ?? '', PORT: String(await freePort()), ...env }
      const preload = join(root, 'test/support/from-source.ts')
      const child = spawn(process.execPath, ['--import', preload, join(folder, guide, name)], {
        cwd: join(folder, guide),
        env: all,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const ended = once(child, 'close')
      stops.push(async () => {
        child.kill('SIGKILL')
        await ended
      })
      let printed = ''
      return new Promise((resolve, reject) => {
        const listen = (chunk: Buffer): void => {
          printed += chunk.toString()
          onText?.(chunk.toString())
          const found = /http:\/\/\S+/.exec(printed)
          if (found) resolve(found[0])
        }
        child.stdout.on('data', listen)
        child.stderr.on('data', listen)
        child.once('close', () => reject(new Error(`${guide}/${name} has ended:\n${printed}`)))
      })
    },

    async run(guide, name, args, env = {}) {
      const preload = join(root, 'test/support/from-source.ts')
      const all = { PORT: String(await freePort()), ...env }
      return runNode(['--import', preload, join(folder, guide, name), ...args], { env: all })
    },

    async remove() {
      await Promise.all(stops.map((stop) => stop()))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
