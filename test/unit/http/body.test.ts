/** Request bodies: bounded, typed, strictly decoded. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isAuthError } from '../../../src/errors.ts'
import { BODY_LIMIT, parseForm, readBytes, readFields } from '../../../src/http/body.ts'
import type { HttpRequest, IncomingBody } from '../../../src/http/message.ts'

const request = (body: IncomingBody, type: string | null, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  url: '/',
  headers: new Headers({ ...(type === null ? {} : { 'content-type': type }), ...headers }),
  body,
})
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'
const code = (expected: string) => expect.objectContaining({ code: expected })

describe('readFields', () => {
  it('reads a JSON object', async () => {
    const fields = await readFields(request('{"a":"b","n":7,"z":null}', 'Application/JSON; charset="UTF-8"'))
    expect(fields.form).toBe(false)
    expect(fields.text('a')).toBe('b')
    expect(fields.value('n')).toBe(7)
    expect(fields.text('z')).toBeNull()
    expect(() => fields.text('n')).toThrow(code('request.malformed'))
    expect(() => fields.required('missing')).toThrow(code('request.malformed'))
  })

  it('reads a form', async () => {
    const fields = await readFields(request('a=b+c&d=%C3%A4&e', FORM))
    expect(fields.form).toBe(true)
    expect([fields.text('a'), fields.text('d'), fields.text('e'), fields.text('f')]).toEqual([
      'b c',
      '\u00e4',
      '',
      null,
    ])
  })

  it('reads bytes and streams alike', async () => {
    const bytes = new TextEncoder().encode('{"a":"b"}')
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(bytes.subarray(0, 4))
        controller.enqueue(bytes.subarray(4))
        controller.close()
      },
    })
    async function* chunks() {
      yield bytes.subarray(0, 1)
      yield bytes.subarray(1)
    }
    for (const body of [bytes, stream, chunks()]) {
      expect((await readFields(request(body, JSON_TYPE))).text('a')).toBe('b')
    }
  })

  it('has no fields where there is no body', async () => {
    expect((await readFields(request(null, null))).text('a')).toBeNull()
    expect((await readFields(request('', FORM))).text('a')).toBeNull()
  })

  it.each([
    ['text/plain', '{"a":"b"}'],
    ['multipart/form-data; boundary=x', 'x'],
    ['application/json; charset=utf-16', '{}'],
    ['application/jsonx', '{}'],
    ['application/problem+json', '{}'],
    [' ; application/json', '{}'],
    [null, '{"a":"b"}'],
  ])('refuses the media type %j', async (type, body) => {
    await expect(readFields(request(body, type))).rejects.toThrow(code('request.media_type'))
  })

  it.each([
    ['truncated', '{"a":"b"'],
    ['truncated in a string', '{"a":"b'],
    ['truncated in an escape', '{"a":"\\'],
    ['an array', '[]'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
    ['a comment', '{} // no'],
    ['two members of one name', '{"a":1,"a":2}'],
    ['two members of one name, one escaped', '{"a":1,"\\u0061":2}'],
    ['two members of one name, deeper', '{"x":[{"a":1, "a" :2}]}'],
    ['deep nesting', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`],
    ['a bracket bomb', '['.repeat(60_000)],
  ])('refuses JSON that is %s', async (_what, body) => {
    await expect(readFields(request(body, JSON_TYPE))).rejects.toThrow(code('request.malformed'))
  })

  it('refuses what is not UTF-8', async () => {
    for (const type of [JSON_TYPE, FORM]) {
      const body = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])
      await expect(readFields(request(body, type))).rejects.toThrow(code('request.malformed'))
    }
    await expect(readFields(request('a=%ff', FORM))).rejects.toThrow(code('request.malformed'))
    await expect(readFields(request('a=%zz', FORM))).rejects.toThrow(code('request.malformed'))
  })

  it('gives a member called __proto__ no power', async () => {
    await expect(readFields(request('{"__proto__":{"a":"b"}}', JSON_TYPE))).rejects.toThrow(code('request.malformed'))
    const fields = await readFields(request('__proto__=a&constructor=b', FORM))
    expect(fields.value('a')).toBeUndefined()
    expect(fields.value('toString')).toBeUndefined()
    expect(({} as Record<string, unknown>).a).toBeUndefined()
  })

  it('refuses a form that repeats a name or has too many', async () => {
    await expect(readFields(request('a=1&a=2', FORM))).rejects.toThrow(code('request.malformed'))
    await expect(readFields(request('a=1&%61=2', FORM))).rejects.toThrow(code('request.malformed'))
    const many = Array.from({ length: 65 }, (_, i) => `f${i}=`).join('&')
    await expect(readFields(request(many, FORM))).rejects.toThrow(code('request.malformed'))
  })
})

describe('readBytes', () => {
  it('takes exactly the limit and not a byte more', async () => {
    expect((await readBytes(request(new Uint8Array(BODY_LIMIT), null))).length).toBe(BODY_LIMIT)
    await expect(readBytes(request(new Uint8Array(BODY_LIMIT + 1), null))).rejects.toThrow(code('request.too_large'))
  })

  it('believes an announced length that is too long', async () => {
    await expect(readBytes(request(null, null, { 'content-length': '65537' }))).rejects.toThrow(
      code('request.too_large'),
    )
  })

  it.each(['-1', '1e3', '0x10', '1, 2', '1.5'])('refuses Content-Length %j', async (length) => {
    await expect(readBytes(request('a', null, { 'content-length': length }))).rejects.toThrow(code('request.malformed'))
  })

  it('stops reading an endless stream at the limit and cancels it', async () => {
    let pulled = 0
    let cancelled = false
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(1024))
      },
      cancel() {
        cancelled = true
      },
    })
    await expect(readBytes(request(stream, null))).rejects.toThrow(code('request.too_large'))
    expect(pulled).toBeLessThan(70)
    expect(cancelled).toBe(true)
  })

  it('says so when the client goes away', async () => {
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('socket hang up'))
      },
    })
    await expect(readBytes(request(stream, null))).rejects.toThrow(code('request.malformed'))
  })
})

describe('parsers', () => {
  it('never throw but AuthError, and never quote the body', async () => {
    const part = fc.oneof(
      fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '\\u0061', '&', '=', '%', '+', '0'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    )
    const text = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom(JSON_TYPE, FORM), async (body, type) => {
        try {
          await readFields(request(`"secret-in-body${body}`, type))
          parseForm(body)
        } catch (error) {
          expect(isAuthError(error)).toBe(true)
          expect(`${(error as Error).message} ${String((error as Error).cause)}`).not.toContain('secret-in-body')
        }
      }),
      { numRuns: 1000 },
    )
  })
})
