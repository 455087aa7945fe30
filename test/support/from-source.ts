/**
 * Preloaded (`node --import`): `sojourn` and its subpaths are the sources of this tree, so that examples run as they stand
 * and never against an older build.
 */
import { registerHooks } from 'node:module'
import manifest from '../../package.json' with { type: 'json' }

const targets = new Map<string, string>()
for (const [subpath, target] of Object.entries(manifest.exports)) {
  if (typeof target === 'string') continue
  const source = target.default.replace('./dist/', '../../src/').replace(/\.js$/, '.ts')
  targets.set(manifest.name + subpath.slice(1), new URL(source, import.meta.url).href)
}

registerHooks({
  resolve(specifier, context, next) {
    return next(targets.get(specifier) ?? specifier, context)
  },
})
