/** `pg` (docs/decisions/0013-postgres.md), which is loaded when a store is made. */
import type { Client, Pool } from 'pg'

/** @throws TypeError when the optional peer dependency is not installed */
export async function loadDriver(): Promise<{ readonly Client: typeof Client; readonly Pool: typeof Pool }> {
  try {
    const { Client, Pool } = await import('pg')
    return { Client, Pool }
  } catch (cause) {
    throw new TypeError('sojourn/stores/postgres needs the package "pg": npm install pg', { cause })
  }
}
