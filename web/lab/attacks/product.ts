/** The product as an application has it: over the memory store, on the stage's clock. */
import { randomSecret } from '../../../src/crypto/random.ts'
import { type Auth, type AuthOptions, createAuth, type Json, type JsonObject } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/stores/memory/index.ts'
import type { TestClock } from '../../../src/testing/clock.ts'

export type Product = Auth<JsonObject, Json>

/** @param issuer also the origin; the rest as an application may set it */
export async function createProduct(
  clock: TestClock,
  issuer: string,
  more: Partial<AuthOptions<JsonObject, Json>> = {},
): Promise<Product> {
  const auth = createAuth({ store: createMemoryStore(), issuer, clock, secrets: randomSecret(), ...more })
  await auth.ready()
  return auth
}
