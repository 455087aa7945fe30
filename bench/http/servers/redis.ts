/** A Redis client for peers that keep their sessions there. */
import { createClient } from 'redis'

export async function connectRedis(url: string | null) {
  if (url === null) throw new Error('this subject needs Redis')
  const client = createClient({ url })
  await client.connect()
  return client
}
