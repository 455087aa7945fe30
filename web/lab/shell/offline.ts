/** Keeps the Lab on the device, so that it opens without a network. */
import { scriptUrl } from '../engine/line.ts'

/** Where there are no service workers (plain http, private windows) the Lab works all the same, but only online. */
export async function keepForOffline({ serviceWorker }: Navigator): Promise<void> {
  if (!('serviceWorker' in navigator)) return
  try {
    await serviceWorker.register(scriptUrl('./sw.js'), { type: 'module', updateViaCache: 'none' })
  } catch {
    // Proof says whether it is kept.
  }
}
