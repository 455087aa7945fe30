/** A plain value as TypeScript source. */

export function literal(value: unknown, indent = ''): string {
  if (typeof value === 'string') return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  if (Array.isArray(value)) return `[${value.map((item) => literal(item, indent)).join(', ')}]`
  const inner = `${indent}  `
  const members = Object.entries(value as object).map(
    ([name, member]) => `${/^[A-Za-z]\w*$/.test(name) ? name : literal(name)}: ${literal(member, inner)}`,
  )
  const short = `{ ${members.join(', ')} }`
  return short.length + indent.length < 90
    ? short
    : `{\n${members.map((member) => `${inner}${member},\n`).join('')}${indent}}`
}
