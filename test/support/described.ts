/** Holds what a server answers, and what it was sent, to its own description (`/openapi.json`). */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { JsonObject } from '../../src/json.ts'
import type { Answer, Ask, Client } from './http-client.ts'

interface DescribedAnswer {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>
  readonly content?: Readonly<Record<string, { readonly schema: JsonObject }>>
}
export interface DescribedOperation {
  readonly operationId: string
  readonly summary: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: DescribedAnswer
  readonly responses: Readonly<Record<string, DescribedAnswer & { readonly $ref?: string }>>
}
export interface Description {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>
  readonly components: {
    readonly schemas: JsonObject
    readonly securitySchemes: Readonly<Record<string, JsonObject>>
    readonly responses: Readonly<Record<string, DescribedAnswer>>
  }
}

export interface Described {
  readonly operations: readonly (readonly [method: string, path: string, operation: DescribedOperation])[]
  /** What an answer has that is not described; nothing for a path that is not. */
  faults(method: string, path: string, asked: Ask, answer: Answer): readonly string[]
  /** The same client; each of its answers is held to the description, and what is wrong collected. */
  watched(client: Client, faults: string[]): Client
}

export function readDescription(description: Description): Described {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
    formats: { uri: true },
  })
  ajv.addVocabulary(['components'])
  ajv.addSchema({ $id: 'description', components: description.components as unknown as JsonObject })
  const compiled = new Map<JsonObject, ValidateFunction>()
  const check = (schema: JsonObject, value: unknown): string | null => {
    const known = compiled.get(schema)
    const validate =
      known ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components', '"description#/components')))
    compiled.set(schema, validate)
    return validate(value) ? null : ajv.errorsText(validate.errors)
  }
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method.toUpperCase(), path, operation] as const),
  )
  const find = (method: string, path: string) =>
    operations
      .filter(([known, template]) => known === method && pattern(template).test(path))
      .toSorted(([, a], [, b]) => a.split('{').length - b.split('{').length)[0]?.[2]

  const faults = (method: string, target: string, asked: Ask, answer: Answer): readonly string[] => {
    const operation = find(method, target.replace(/[?#].*/, ''))
    if (!operation) return []
    const where = `${operation.operationId} ${answer.status}`
    const named = operation.responses[answer.status]
    if (!named) return [`${where}: no such status (${answer.text.slice(0, 200)})`]
    const known = named.$ref ? description.components.responses[named.$ref.split('/').at(-1) ?? ''] : named
    const found: string[] = []
    for (const [name, { required }] of Object.entries(known?.headers ?? {})) {
      const isOfProblem = name === 'Retry-After' && !answer.headers.get('content-type')?.includes('problem')
      if (required && !isOfProblem && !answer.headers.has(name)) found.push(`${where}: no ${name}`)
    }
    const type = answer.headers.get('content-type')?.replace(/;.*/, '') ?? null
    if (type === null || answer.text === '') return found
    const schema = known?.content?.[type]?.schema
    if (!schema) return [...found, `${where}: no such type ${type}`]
    const fault = check(schema, /json$/.test(type) ? JSON.parse(answer.text) : answer.text)
    if (fault !== null) found.push(`${where}: ${fault}`)
    const sent = asked.json ?? asked.form
    const body = operation.requestBody?.content?.[asked.form ? 'application/x-www-form-urlencoded' : 'application/json']
    if (sent !== undefined && answer.status < 400) {
      const wrong = body ? check(body.schema, sent) : 'no such body'
      if (wrong !== null) found.push(`${where}: what was sent: ${wrong}`)
    }
    return found
  }
  return {
    operations,
    faults,
    watched(client, collected) {
      const ask: Client['ask'] = async (method, path, asked = {}) => {
        const answer = await client.ask(method, path, asked)
        collected.push(...faults(method, path, asked, answer))
        return answer
      }
      return {
        ...client,
        ask,
        get: (path, asked) => ask('GET', path, asked),
        post: (path, asked) => ask('POST', path, asked),
      }
    },
  }
}

function pattern(template: string): RegExp {
  return new RegExp(`^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
