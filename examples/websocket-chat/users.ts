/** The application's own users, in memory, with argon2id by Node. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface User {
  readonly id: string
  readonly roles: readonly string[]
}

const COST = { parallelism: 1, tagLength: 32, memory: 19_456, passes: 2 }
const hash = (password: string, nonce: Uint8Array) =>
  promisify(argon2)('argon2id', { message: password, nonce, ...COST })

interface Row {
  readonly user: User
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}
const nobody = { salt: randomBytes(16), hash: randomBytes(32) }

export function createUsers() {
  const table = new Map<string, Row>()
  return {
    async add(email: string, password: string, user: User): Promise<void> {
      const salt = randomBytes(16)
      table.set(email, { user, salt, hash: await hash(password, salt) })
    },
    /** Takes as long for an address that nobody has. */
    async signIn(email: string, password: string): Promise<User | null> {
      const row = table.get(email)
      const known = row ?? nobody
      return timingSafeEqual(await hash(password, known.salt), known.hash) ? (row?.user ?? null) : null
    },
    find: (id: string): User | null => [...table.values()].find(({ user }) => user.id === id)?.user ?? null,
    setRoles(id: string, roles: readonly string[]): void {
      for (const [email, row] of table) if (row.user.id === id) table.set(email, { ...row, user: { id, roles } })
    },
  }
}
