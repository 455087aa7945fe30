/** Preloaded into a process: the package that `WITHOUT` names is not installed. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== process.env.WITHOUT) return next(specifier, context)
    const from = context.parentURL ?? 'nowhere'
    throw Object.assign(new Error(`Cannot find package '${specifier}' imported from ${from}`), {
      code: 'ERR_MODULE_NOT_FOUND',
    })
  },
})
