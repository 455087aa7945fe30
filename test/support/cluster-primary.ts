/** The primary of a cluster: forks so many workers as its argument says, and hands messages to and fro. */
import cluster from 'node:cluster'
import { fileURLToPath } from 'node:url'

cluster.setupPrimary({ exec: fileURLToPath(new URL('./worker-verifier.ts', import.meta.url)), execArgv: [] })
const workers = Array.from({ length: Number(process.argv[2]) }, () => cluster.fork())
for (const [worker, forked] of workers.entries()) {
  forked.on('message', (message: unknown) => process.send?.({ worker, message }))
}
process.on('message', ({ worker, message }: { worker: number; message: object }) => workers[worker]?.send(message))
process.on('disconnect', () => {
  for (const forked of workers) forked.process.kill('SIGKILL')
  process.exit()
})
