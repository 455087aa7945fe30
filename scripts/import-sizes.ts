/**
 * What it costs to import each subpath: minified and gzipped by itself, with everything that it imports. Node's own modules and
 * peer dependencies, which the application brings, do not count; what is loaded on demand is counted apart.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

/**
 * Gzipped bytes that importing a subpath may cost at most. The second is a goal of the design; the others are what they
 * cost and some room. Raise one only for what its users need at once: the rest can be loaded on demand (`src/on-demand.ts`).
 */
export const IMPORT_BUDGETS: Readonly<Record<string, number>> = {
  // A goal of 30 000, missed since fleets came: what it would take stands in docs/decisions/0010-speed-and-size.md.
  '.': 34_000,
  './verifier': 15_000,
  './client': 8_000,
  './stores/memory': 5_500,
  './stores/sqlite': 16_000,
  './stores/postgres': 22_000,
  // A third of it is Lua.
  './stores/redis': 26_000,
  './adapters/fetch': 3_000,
  './adapters/node': 3_500,
  './adapters/express': 3_500,
  './adapters/fastify': 4_000,
  './adapters/hono': 3_500,
  // With the pages, clients, grants and routes of a provider; `oidc-provider` itself comes to more.
  './oidc': 48_000,
  // Half of it is jose, which checks what a provider signs.
  './oidc/client': 22_000,
  // For tests only.
  './testing': 40_000,
}
/** Runs on Node only, where nobody counts its bytes; it imports Node's modules by names that no browser bundle resolves. */
const SERVERS_ONLY = ['oidc-provider']
/** Of a subpath that has none of its own. */
export const USUAL_BUDGET = 15_000

export interface ImportSize {
  /** As in `exports`: `.`, `./verifier`. */
  readonly subpath: string
  /** Gzipped bytes of what is loaded at once. */
  readonly bytes: number
  /** Gzipped bytes of what may be loaded later. */
  readonly lazyBytes: number
  /** Minified bytes of each source file that is loaded at once, the largest first. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** @param root the package's folder, built */
export async function importSizes(root: string): Promise<readonly ImportSize[]> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const sizes: ImportSize[] = []
  for (const [subpath, target] of Object.entries(manifest.exports)) {
    if (typeof target === 'string') continue
    sizes.push({ subpath, ...(await sizeOf(root, target.default, Object.keys(manifest.peerDependencies ?? {}))) })
  }
  return sizes
}

async function sizeOf(root: string, entry: string, peers: readonly string[]): Promise<Omit<ImportSize, 'subpath'>> {
  const [atOnce, all] = await Promise.all([bundle(root, entry, peers, true), bundle(root, entry, peers, false)])
  return { bytes: atOnce.bytes, lazyBytes: Math.max(0, all.bytes - atOnce.bytes), files: atOnce.files }
}

async function bundle(root: string, entry: string, peers: readonly string[], isAtOnce: boolean) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    external: ['node:*', ...SERVERS_ONLY, ...peers],
    legalComments: 'none',
    metafile: true,
    write: false,
    logLevel: 'error',
    plugins: isAtOnce ? [withoutDynamicImports] : [],
  })
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs))
  return {
    bytes: gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length,
    files: files
      .map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
      .toSorted((a, b) => b.bytes - a.bytes),
  }
}

const withoutDynamicImports: Plugin = {
  name: 'without-dynamic-imports',
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ path, kind }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}
