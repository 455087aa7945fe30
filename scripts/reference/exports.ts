/** What a file exports, followed to where it is declared. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Comment, parseSync, type Statement } from 'oxc-parser'

export interface Declaration {
  readonly name: string
  readonly isType: boolean
  /** The comment before it, without its stars; empty: there is none. */
  readonly comment: string
  /** The declaration as it stands there, without what goes on inside. */
  readonly shape: string
}

interface Parsed {
  readonly path: string
  readonly text: string
  readonly body: readonly Statement[]
  readonly comments: readonly Comment[]
}

const parsed = new Map<string, Parsed>()

function parse(path: string): Parsed {
  const known = parsed.get(path)
  if (known) return known
  const text = readFileSync(path, 'utf8')
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`)
  const file = { path, text, body: program.body as readonly Statement[], comments }
  parsed.set(path, file)
  return file
}

/** @returns what the file says of itself, and its exports in their order */
export function exportsOf(path: string): { readonly opening: string; readonly declarations: readonly Declaration[] } {
  const file = parse(path)
  const first = file.comments[0]
  const opening = first && file.text.slice(0, first.start).trim() === '' ? cleaned(first.value) : ''
  return { opening, declarations: exported(file) }
}

function exported(file: Parsed): readonly Declaration[] {
  const found: Declaration[] = []
  for (const statement of file.body) {
    if (statement.type === 'ExportAllDeclaration') found.push(...exported(parse(beside(file, statement.source.value))))
    if (statement.type !== 'ExportNamedDeclaration') continue
    if (statement.declaration) {
      for (const name of namesOf(statement.declaration)) {
        if (!found.some((one) => one.name === name)) found.push(declared(file, name))
      }
      continue
    }
    for (const { local, exported: given } of statement.specifiers) {
      const [from, to] = [textOf(local), textOf(given)]
      const target = statement.source ? parse(beside(file, statement.source.value)) : file
      found.push({ ...declared(target, from), name: to })
    }
  }
  return found
}

/** Looks through imports and re-exports. */
function declared(file: Parsed, name: string): Declaration {
  const own = file.body.filter((statement) => namesOf(bare(statement)).includes(name))
  if (own.length > 0) return shaped(file, name, own)
  for (const statement of file.body) {
    if (statement.type === 'ImportDeclaration') {
      const specifier = statement.specifiers.find((one) => one.local.name === name)
      if (specifier?.type === 'ImportSpecifier')
        return declared(parse(beside(file, statement.source.value)), textOf(specifier.imported))
    }
    if (statement.type === 'ExportNamedDeclaration' && statement.source) {
      const specifier = statement.specifiers.find((one) => textOf(one.exported) === name)
      if (specifier) return declared(parse(beside(file, statement.source.value)), textOf(specifier.local))
    }
  }
  throw new Error(`${file.path} has no ${name}`)
}

/** Several statements: the overloads of a function. */
function shaped(file: Parsed, name: string, statements: readonly Statement[]): Declaration {
  const overloads = statements.filter((statement) => bare(statement).type === 'TSDeclareFunction')
  const shown = overloads.length > 0 ? overloads : statements
  const comment = statements.map((statement) => commentBefore(file, statement.start)).find((text) => text !== '') ?? ''
  const inner = statements.map(bare)
  return {
    name,
    isType: inner.every(({ type }) => type === 'TSInterfaceDeclaration' || type === 'TSTypeAliasDeclaration'),
    comment,
    shape: shown.map((statement) => shapeOf(file, bare(statement), name)).join('\n'),
  }
}

function shapeOf({ text }: Parsed, node: Statement, name: string): string {
  const whole = text.slice(node.start, node.end)
  if (node.type === 'FunctionDeclaration' && node.body) return text.slice(node.start, node.body.start).trimEnd()
  if (node.type === 'ClassDeclaration') {
    // From the last to the first, so that the places stay true.
    return node.body.body.toReversed().reduce((shape, member) => {
      if (member.type === 'MethodDefinition' && member.value.body) {
        const [from, to] = [member.value.body.start - node.start, member.end - node.start]
        return shape.slice(0, from).trimEnd() + shape.slice(to)
      }
      return shape
    }, whole)
  }
  if (node.type === 'VariableDeclaration') {
    const one = node.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name)
    // With a type written down nobody needs the value.
    const typed = one?.id.type === 'Identifier' && one.id.typeAnnotation
    if (one && (typed || (one.init && one.init.end - one.init.start > 120)))
      return `const ${text.slice(one.id.start, one.id.end)}`
    return one ? `const ${text.slice(one.start, one.end)}` : whole
  }
  return whole
}

function bare(statement: Statement): Statement {
  return statement.type === 'ExportNamedDeclaration' && statement.declaration
    ? (statement.declaration as Statement)
    : statement
}

function namesOf(node: { readonly type: string }): readonly string[] {
  const declaration = node as Statement
  switch (declaration.type) {
    case 'FunctionDeclaration':
    case 'TSDeclareFunction':
    case 'ClassDeclaration':
    case 'TSInterfaceDeclaration':
    case 'TSTypeAliasDeclaration':
      return declaration.id ? [declaration.id.name] : []
    case 'VariableDeclaration':
      return declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
    default:
      return []
  }
}

function commentBefore({ text, comments }: Parsed, start: number): string {
  const last = comments.findLast(({ end }) => end <= start)
  // Notes to the linter may stand between.
  const before = comments.findLast(({ end, type }) => end <= start && type === 'Block')
  if (!last || !before?.value.startsWith('*')) return ''
  return /^(?:\s|\/\/.*\n)*$/.test(text.slice(before.end, start)) ? cleaned(before.value) : ''
}

function cleaned(comment: string): string {
  return comment
    .replace(/^\*/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
    .join('\n')
    .trim()
}

function textOf(name: { readonly type: string }): string {
  return 'name' in name ? String(name.name) : 'value' in name ? String(name.value) : ''
}

function beside({ path }: Parsed, specifier: string): string {
  return join(dirname(path), specifier)
}
