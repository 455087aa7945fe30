/** Code made by a test, in a folder where it can be type-checked and run against the sources of this tree. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import manifest from '../../package.json' with { type: 'json' }
import { type Ended, runNode } from './processes.ts'
import { root } from './source-files.ts'

export interface CodeFolder {
  add(folder: string, name: string, code: string): void
  /** What the compiler says of all that was added. */
  faults(): readonly string[]
  /** Runs a file to its end. */
  run(folder: string, name: string, env?: Readonly<Record<string, string>>): Promise<Ended>
  remove(): void
}

export function createCodeFolder(): CodeFolder {
  const at = mkdtempSync(join(tmpdir(), 'sojourn-code-'))
  writeFileSync(join(at, 'package.json'), '{"type":"module"}')
  symlinkSync(join(root, 'node_modules'), join(at, 'node_modules'))
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
  return {
    add(folder, name, code) {
      mkdirSync(join(at, folder), { recursive: true })
      writeFileSync(join(at, folder, name), code)
    },
    faults() {
      const config = {
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          // The types of some packages do not hold under it.
          exactOptionalPropertyTypes: false,
          typeRoots: [join(root, 'node_modules/@types')],
          paths: Object.fromEntries(paths),
        },
        include: ['*/*.ts'],
      }
      writeFileSync(join(at, 'tsconfig.json'), JSON.stringify(config))
      const { stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], { cwd: at, encoding: 'utf8' })
      return stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' ') && !line.startsWith('..'))
    },
    run(folder, name, env = {}) {
      return runNode(['--import', join(root, 'test/support/from-source.ts'), join(at, folder, name)], { env })
    },
    remove: () => rmSync(at, { recursive: true, force: true }),
  }
}
