/**
 * Packs the package as a registry would get it, installs it into an empty folder, and uses it there: every subpath loads,
 * its types resolve, the command answers, no import is larger than its budget or brings along what was not asked for. Run by `npm run shape` after a build.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { IMPORT_BUDGETS, importSizes, USUAL_BUDGET } from './import-sizes.ts'
import { treeShakingFaults } from './tree-shaking.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => join(root, 'node_modules/.bin', name)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly name: string
  readonly version: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}
/** Files that no user of the package needs. */
const STRAY = /(^|\/)(test|bench|node_modules|data|\.ci)\/|\.(ts|tsbuildinfo|sqlite|db|log)$|\.env/

const folder = mkdtempSync(join(tmpdir(), 'sojourn-package-'))
try {
  const tarball = pack()
  run(bin('attw'), [tarball, '--profile', 'esm-only'], root)
  const place = join(folder, 'place')
  mkdirSync(place)
  writeFileSync(join(place, 'package.json'), JSON.stringify({ name: 'place', private: true, type: 'module' }))
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', tarball], place)
  const subpaths = Object.entries(manifest.exports).filter(([, target]) => typeof target === 'object')
  const names = subpaths.map(([subpath]) => manifest.name + subpath.slice(1))
  linkPeers(place)
  checkImports(place, names)
  checkTypes(place, names)
  checkCommand(place)
  await checkImportSizes()
  const faults = await treeShakingFaults(root, manifest.exports)
  if (faults.length > 0) throw new Error(`more is imported than asked for:\n${faults.join('\n')}`)
  console.log(`the package installs and works: ${names.length} subpaths, their types, the command`)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack(): string {
  const listed = JSON.parse(
    run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root),
  ) as readonly { readonly files: readonly { readonly path: string }[] }[]
  const paths = listed[0]?.files.map(({ path }) => path) ?? []
  const stray = paths.filter((path) => STRAY.test(path) && !path.endsWith('.d.ts'))
  if (stray.length > 0) throw new Error(`does not belong into the package: ${stray.join(', ')}`)
  if (!paths.includes('dist/cli/main.js')) throw new Error('dist/ is missing: run `npm run build` first')
  const [name] = readdirSync(folder).filter((file) => file.endsWith('.tgz'))
  if (!name) throw new Error('npm pack made no file')
  return join(folder, name)
}

function checkImports(place: string, names: readonly string[]): void {
  const lines = names.map(
    (name) => `if (Object.keys(await import('${name}')).length === 0) throw new Error('${name} exports nothing')`,
  )
  writeFileSync(join(place, 'check.mjs'), lines.join('\n'))
  run(process.execPath, ['check.mjs'], place)
  // Applications in CommonJS require the same modules: none may await at its top.
  writeFileSync(join(place, 'check.cjs'), names.map((name) => `require('${name}')`).join('\n'))
  run(process.execPath, ['check.cjs'], place)
}

/** The optional peers beside it, as those who use their adapters and stores have them. */
function linkPeers(place: string): void {
  for (const peer of Object.keys(manifest.peerDependencies ?? {}).flatMap((name) => [name, `@types/${name}`])) {
    const [from, to] = [join(root, 'node_modules', peer), join(place, 'node_modules', peer)]
    if (existsSync(to) || !existsSync(from)) continue
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(from, to)
  }
}

function checkTypes(place: string, names: readonly string[]): void {
  const lines = names.map(
    (name, i) => `import * as m${i} from '${name}'\nexport const k${i}: keyof typeof m${i} = {} as never`,
  )
  writeFileSync(join(place, 'check.ts'), lines.join('\n'))
  const options = ['--noEmit', '--strict', '--target', 'es2024', '--lib', 'es2024,dom', '--types', 'node']
  const modules = ['--module', 'nodenext', '--typeRoots', join(root, 'node_modules/@types')]
  // Declarations are checked too: what ours name must be there. Faults in those of others are theirs.
  const argv = [...options, ...modules, '--skipLibCheck', 'false', '--pretty', 'false', 'check.ts']
  const { stdout, error } = spawnSync(bin('tsc'), argv, { cwd: place, encoding: 'utf8' })
  if (error) throw error
  const ours = stdout.split('\n').filter((line) => /^(check\.ts|node_modules\/sojourn\/|error )/.test(line))
  if (ours.length > 0) throw new Error(`the types do not hold:\n${ours.join('\n')}`)
}

function checkCommand(place: string): void {
  const said = run(join(place, 'node_modules/.bin', manifest.name), ['--version'], place).trim()
  if (said !== manifest.version) throw new Error(`the command says version ${said}, the package ${manifest.version}`)
}

function run(command: string, args: readonly string[], cwd: string): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { readonly stdout?: string; readonly stderr?: string }
    console.error(`${command} ${args.join(' ')}\n${stdout}${stderr}`)
    process.exit(1)
  }
}

async function checkImportSizes(): Promise<void> {
  for (const { subpath, bytes, files } of await importSizes(root)) {
    const budget = IMPORT_BUDGETS[subpath] ?? USUAL_BUDGET
    if (bytes <= budget) continue
    const largest = files.slice(0, 8).map((file) => `\n  ${file.bytes} ${file.path}`)
    throw new Error(`importing ${subpath} costs ${bytes} bytes, its budget is ${budget}. Largest:${largest.join('')}`)
  }
}
