import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deepFreeze, isStrictJson, MAX_DEPTH, parseStrictObject } from '../../../src/token/strict-json.ts'

const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`

/** An independent judge: a slow parser that follows the grammar and knows every member's name. */
function strictByHand(text: string): unknown {
  let at = 0
  const fail = (): never => {
    throw new SyntaxError('strict')
  }
  const space = () => {
    while (/^[ \t\n\r]$/.test(text[at] ?? '')) at++
  }
  const literal = (pattern: RegExp): string => {
    const found = pattern.exec(text.slice(at))?.[0] ?? fail()
    at += found.length
    return found
  }
  const string = (): string => {
    const value = JSON.parse(literal(/^"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/)) as string
    return value.isWellFormed() ? value : fail()
  }
  const value = (depth: number): unknown => {
    space()
    const first = text[at]
    if ((first === '{' || first === '[') && depth > MAX_DEPTH) fail()
    if (first === '"') return string()
    if (first === '[') {
      const list: unknown[] = []
      at++
      space()
      if (text[at] === ']') {
        at++
        return list
      }
      for (;;) {
        list.push(value(depth + 1))
        space()
        if (text[at] === ']') break
        if (text[at++] !== ',') fail()
      }
      at++
      return list
    }
    if (first === '{') {
      const names = new Set<string>()
      const object: Record<string, unknown> = {}
      at++
      space()
      if (text[at] === '}') {
        at++
        return object
      }
      for (;;) {
        space()
        const name = string()
        if (names.has(name) || name === '__proto__') fail()
        names.add(name)
        space()
        if (text[at++] !== ':') fail()
        object[name] = value(depth + 1)
        space()
        if (text[at] === '}') break
        if (text[at++] !== ',') fail()
      }
      at++
      return object
    }
    const word = literal(/^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/)
    const parsed: unknown = JSON.parse(word)
    return typeof parsed === 'number' && !Number.isFinite(parsed) ? fail() : parsed
  }
  const result = value(1)
  space()
  if (at !== text.length || typeof result !== 'object' || result === null || Array.isArray(result)) fail()
  return result
}

function judge(text: string): unknown {
  try {
    return strictByHand(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

describe('parseStrictObject', () => {
  it.each([
    ['{}', {}],
    ['{"a":1,"b":[true,null,"x"]}', { a: 1, b: [true, null, 'x'] }],
    ['{"a":{"a":{"a":1}}}', { a: { a: { a: 1 } } }],
    ['{"a":"\\"","b":"\\\\"}', { a: '"', b: '\\' }],
    ['{"a":":,{}[]","b":"\\u003a"}', { a: ':,{}[]', b: ':' }],
    ['{"a":"\\ud83d\\ude00"}', { a: '😀' }],
    ['{"é":"ü"}', { é: 'ü' }],
    ['{"a":-0.5e-3}', { a: -0.0005 }],
    [' { "a" : 1 } ', { a: 1 }],
    ['{"a":[{"a":1},{"a":2}]}', { a: [{ a: 1 }, { a: 2 }] }],
  ])('reads %s', (text, expected) => expect(parseStrictObject(text)).toEqual(expected))

  it.each([
    ['a duplicate member', '{"a":1,"a":2}'],
    ['a duplicate in an escape', '{"a":1,"\\u0061":2}'],
    ['a duplicate further in', '{"x":[{"a":1,"b":2,"a":1}]}'],
    ['a duplicate empty name', '{"":1,"":1}'],
    ['an index as a duplicate', '{"0":1,"0":1}'],
    ['__proto__', '{"__proto__":{"a":1}}'],
    ['__proto__ in an escape', '{"\\u005f_proto__":1}'],
    ['__proto__ twice', '{"__proto__":1,"__proto__":2}'],
    ['an infinite number', '{"a":1e999}'],
    ['an infinite number further in', '{"a":[[-1e400]]}'],
    ['half a surrogate pair', '{"a":"\\ud800"}'],
    ['half a surrogate pair in a name', '{"\\udc00":1}'],
    ['NaN', '{"a":NaN}'],
    ['a leading zero', '{"a":01}'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{"a":1/**/}'],
    ['a list', '[1]'],
    ['a text', '"a"'],
    ['null', 'null'],
    ['a number', '1'],
    ['nothing', ''],
    ['two objects', '{}{}'],
    ['an open string', '{"a":"b'],
    ['an open escape', '{"a":"b\\'],
    ['a control character', '{"a":"\u0001"}'],
    ['a byte order mark', '\ufeff{}'],
    ['more closing than opening', '}}}}{}'],
  ])('refuses %s', (_, text) => expect(parseStrictObject(text)).toBeNull())

  it('bounds depth before it parses', () => {
    expect(parseStrictObject(nested(MAX_DEPTH))).not.toBeNull()
    expect(parseStrictObject(nested(MAX_DEPTH + 1))).toBeNull()
    expect(parseStrictObject(`{"a":${'['.repeat(1_000_000)}`)).toBeNull()
  })

  it('agrees with a parser that knows every name', () => {
    const name = fc.constantFrom('a', 'b', '\\u0061', '__proto__', '', 'a"b'.replace('"', '\\"'))
    const leaf = fc.constantFrom('1', '-0', '1e999', '"x"', '"\\ud800"', '"\\\\"', 'true', 'null', '{}', '[]', '":"')
    const { value } = fc.letrec<{ value: string }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
        fc
          .array(fc.tuple(name, tie('value')), { maxLength: 4 })
          .map((members) => `{${members.map(([key, item]) => `"${key}" : ${item}`).join(',')}}`),
      ),
    }))
    const seen = { read: 0, refused: 0 }
    fc.assert(
      fc.property(value, (text) => {
        const expected = judge(text)
        if (expected === null) seen.refused++
        else seen.read++
        expect(parseStrictObject(text)).toEqual(expected)
      }),
      { numRuns: 3000 },
    )
    expect(seen.read).toBeGreaterThan(50)
    expect(seen.refused).toBeGreaterThan(50)
  })

  it('answers the same for any text as the parser by hand, and never throws', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.string({ unit: fc.constantFrom(...'{}[]":,\\u01ae+-. ') }),
    )
    fc.assert(
      fc.property(text, (given) => {
        expect(parseStrictObject(given)).toEqual(judge(given))
      }),
      { numRuns: 3000 },
    )
  })
})

describe('isStrictJson', () => {
  it('says whether a value survives being written and read', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 3 })), (value) => {
        const read = parseStrictObject(JSON.stringify(value))
        expect(isStrictJson(value)).toBe(read !== null)
      }),
    )
  })

  it.each([
    ['undefined', { a: undefined }],
    ['NaN', { a: Number.NaN }],
    ['a date', { a: new Date(0) }],
    ['a function', { a: () => 1 }],
    ['a map', new Map()],
    ['a bigint', { a: 1n }],
    ['half a surrogate pair', { a: '\ud800' }],
  ])('refuses %s', (_, value) => expect(isStrictJson(value)).toBe(false))
})

describe('deepFreeze', () => {
  it('freezes what is inside', () => {
    const value = deepFreeze({ a: [{ b: { c: 1 } }], d: null })
    const inner = value.a[0]
    expect([value, value.a, inner, inner?.b].every(Object.isFrozen)).toBe(true)
  })
})
