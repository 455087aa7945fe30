/** Builds `dist/` from `src/`: JavaScript and types by the compiler, static files copied beside them. */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, globSync, mkdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildDocs } from './build-docs.ts'
import { buildLab, buildLive } from './build-lab.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const compiler = join(root, 'node_modules/.bin/tsc')
if (!existsSync(compiler)) {
  console.error(
    'the compiler is not installed: run `npm ci` with development dependencies, or install the published package',
  )
  process.exit(1)
}
rmSync(join(root, 'dist'), { recursive: true, force: true })
const built = spawnSync(compiler, ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
if (built.error) throw built.error
if (built.status !== 0) process.exit(built.status ?? 1)

// What the server sends as it is: style sheets, icons, fonts, plain scripts of pages.
for (const path of globSync('**/*.{css,html,ico,js,png,svg,webmanifest,woff2}', { cwd: join(root, 'src') })) {
  const to = join(root, 'dist', path)
  if (existsSync(to)) {
    console.error(`src/${path} would replace what is compiled from a .ts file of the same name: call it otherwise`)
    process.exit(1)
  }
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(join(root, 'src', path), to)
}
await buildLab(join(root, 'dist/lab'))
await buildLive(join(root, 'dist/lab-live'))
await buildDocs(join(root, 'dist/docs'))
const command = join(root, 'dist/cli/main.js')
if (existsSync(command)) chmodSync(command, 0o755)
