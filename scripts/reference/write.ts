/** A declaration as Markdown. */
import type { Declaration } from './exports.ts'

export function entry({ name, comment, shape }: Declaration): string {
  const text = comment === '' ? '' : `${described(comment)}\n\n`
  return `## ${name}\n\n${text}\`\`\`ts\n${shape}\n\`\`\`\n`
}

/** The words first, then a list of what the tags say. */
function described(comment: string): string {
  const [words = '', ...tags] = comment.split(/^@(?=param|returns|throws)/m)
  const lines = tags.map((tag) => {
    const [, kind = '', rest = ''] = /^(\w+)\s+(.*)$/s.exec(tag.trim()) ?? []
    const text = oneLine(rest)
    if (kind !== 'param') return `- ${kind === 'returns' ? 'Gives' : 'Throws'} ${text}`
    const [, name = '', meaning = ''] = /^(\S+)\s*(.*)$/.exec(text) ?? []
    return `- \`${name}\`: ${meaning}`
  })
  return [plain(words.trim()), ...(lines.length > 0 ? [lines.map(plain).join('\n')] : [])].filter(Boolean).join('\n\n')
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** `<` opens a tag in Markdown, but not in code. */
function plain(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '\\<')))
    .join('')
}
