/** The types of `createAuth` follow from its options. */
import { expectTypeOf, it } from 'vitest'
import { type Auth, createAuth, type Json, type JsonObject } from '../../src/index.ts'
import { createMemoryStore } from '../../src/stores/memory/index.ts'

const base = { store: createMemoryStore(), issuer: 'https://app.example', secrets: 'x' }

// Only the types matter: nothing here is called.
const plain = () => createAuth(base)
const typed = () =>
  createAuth({
    ...base,
    claims: async (_subject: string) => ({ roles: ['reader'] as readonly string[], tenant: 7 }),
    data: (_stored: Json) => ({ items: [] as string[] }),
  })

it('infers claims and data', () => {
  expectTypeOf(plain).returns.toEqualTypeOf<Auth<JsonObject, Json>>()
  type Typed = ReturnType<typeof typed>
  type TypedLogin = NonNullable<Awaited<ReturnType<Typed['identify']>>>
  expectTypeOf<TypedLogin['claims']>().toEqualTypeOf<{ roles: readonly string[]; tenant: number }>()
  expectTypeOf<TypedLogin['subject']>().toEqualTypeOf<string>()
  expectTypeOf<ReturnType<Typed['readData']>>().resolves.toEqualTypeOf<{ items: string[] }>()
  expectTypeOf<Parameters<Typed['updateData']>[1]>().toEqualTypeOf<(data: { items: string[] }) => { items: string[] }>()
  expectTypeOf<ReturnType<Typed['identifyNow']>>().toEqualTypeOf<TypedLogin | null | undefined>()
  expectTypeOf<Awaited<ReturnType<Typed['changeClaims']>>['claims']>().toEqualTypeOf<{
    roles: readonly string[]
    tenant: number
  }>()
})

it('takes a Fetch request and plain strings alike', () => {
  type Identify = ReturnType<typeof plain>['identify']
  expectTypeOf<Request>().toExtend<Parameters<Identify>[0]>()
  expectTypeOf<{
    method: string
    cookie: string | null
    authorization: string | null
    origin: string | null
    secFetchSite: string | null
    upgrade: string | null
  }>().toExtend<Parameters<Identify>[0]>()
  // @ts-expect-error a request without a method could not be told from a safe one
  expectTypeOf<{ headers: Headers }>().toExtend<Parameters<Identify>[0]>()
})
