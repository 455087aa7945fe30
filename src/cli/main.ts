#!/usr/bin/env node
/** The command `sojourn`. Looks at the version of Node before anything is loaded that an older one cannot read. */

// Nothing is imported statically: a static import would be loaded first, and could fail in words that help nobody.
const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(
    `sojourn: it needs Node 24 or newer, and this is ${process.versions.node}: install a newer Node, or start it by \`npm start\`\n`,
  )
  process.exitCode = 1
} else {
  const [{ runCommand }, { processTerminal }] = await Promise.all([import('./run.ts'), import('./terminal.ts')])
  const terminal = processTerminal()
  process.exitCode = await runCommand(process.argv.slice(2), terminal)
}

export {}
