/** Markdown as the documents have it, into HTML without a script, a style or a tag of its own. */
import { Marked, type Token, type Tokens } from 'marked'
import { escapeHtml } from '../../src/http/problem.ts'
import { siteUrl, targetOf } from './documents.ts'
import { createSlugs } from './slug.ts'

export interface Section {
  /** null: before the first heading below the title. */
  readonly anchor: string | null
  readonly heading: string
  readonly text: string
  readonly depth: number
}

export interface Rendered {
  readonly title: string
  readonly html: string
  readonly sections: readonly Section[]
}

export function render(path: string, markdown: string): Rendered {
  const slugs = createSlugs()
  const marked = new Marked({
    gfm: true,
    renderer: {
      // Tags in our own Markdown would be a slip: shown as they stand.
      // Comments are marks for our own scripts.
      html: ({ text }) => escapeHtml(withoutComments(text)),
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${escapeHtml(slugs(plain(text)))}">${this.parser.parseInline(tokens)}</h${depth}>\n`
      },
      code({ text, lang = '' }) {
        const [, name = ''] = lang.split(/\s+/)
        const caption = name === '' ? '' : `<p class="file">${escapeHtml(name)}</p>`
        return `${caption}<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>\n`
      },
      link({ href, title, tokens }) {
        const text = this.parser.parseInline(tokens)
        const url = linkOf(path, href)
        if (url === null)
          return `<span class="elsewhere" title="in the repository: ${escapeHtml(pathOf(path, href))}">${text}</span>`
        return `<a href="${escapeHtml(url)}"${title ? ` title="${escapeHtml(title)}"` : ''}>${text}</a>`
      },
      image({ href, text }) {
        const target = targetOf(path, href)
        const url = target && siteUrl(target.path)
        return url ? `<img src="${escapeHtml(url)}" alt="${escapeHtml(text)}" loading="lazy">` : escapeHtml(text)
      },
      table(token) {
        const head = token.header
          // A corner with nothing in it is no header.
          .map(({ text, tokens }) =>
            text === '' ? '<td></td>' : `<th scope="col">${this.parser.parseInline(tokens)}</th>`,
          )
          .join('')
        const rows = token.rows.map((row) => {
          const cells = row.map((cell) => `<td>${this.parser.parseInline(cell.tokens)}</td>`).join('')
          // A row that explains a code can be linked to.
          const code = /^`([a-z]+(?:\.[a-z_]+)?)`$/.exec(row[0]?.text ?? '')?.[1]
          return `<tr${code && path === 'docs/errors.md' ? ` id="${code}"` : ''}>${cells}</tr>`
        })
        return `<div class="table" role="group" aria-label="Table" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>\n`
      },
    },
  })
  const tokens = marked.lexer(markdown)
  const title = tokens.find((token): token is Tokens.Heading => token.type === 'heading' && token.depth === 1)
  return { title: plain(title?.text ?? path), html: marked.parser(tokens), sections: sectionsOf(tokens) }
}

/** As documents name the Lab, for whoever reads them elsewhere; the site has a Lab of its own beside it. */
const LAB = 'http://localhost:4000/lab/'

/** null: it leads to a file that is not on the site. */
function linkOf(document: string, href: string): string | null {
  if (href.startsWith(LAB)) return href.replace(LAB, '/lab/')
  const target = targetOf(document, href)
  if (!target) return /^(?:https?|mailto):/i.test(href) ? href : null
  if (target.path === document) return `#${target.anchor ?? ''}`
  const url = siteUrl(target.path)
  return url === null || target.anchor === null ? url : `${url}#${target.anchor}`
}

function pathOf(document: string, href: string): string {
  return targetOf(document, href)?.path ?? href
}

function sectionsOf(tokens: readonly Token[]): readonly Section[] {
  const slugs = createSlugs()
  const sections: Section[] = []
  let open: { anchor: string | null; heading: string; depth: number; texts: string[] } = {
    anchor: null,
    heading: '',
    depth: 1,
    texts: [],
  }
  const close = (): void => {
    const { texts, ...rest } = open
    sections.push({ ...rest, text: texts.join(' ').replaceAll(/\s+/g, ' ').trim() })
  }
  for (const token of tokens) {
    if (token.type !== 'heading') {
      open.texts.push(plain(token.raw))
      continue
    }
    const heading = plain((token as Tokens.Heading).text)
    const anchor = slugs(heading)
    if (token.depth === 1) continue
    close()
    open = { anchor, heading, depth: token.depth, texts: [] }
  }
  close()
  return sections
}

/** The words without their marks: for headings, titles and the search. */
const withoutComments = (text: string): string => text.replaceAll(/<!--.*?-->/gs, '')

function plain(markdown: string): string {
  return withoutComments(markdown)
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/^```.*$|^\|?(?:\s*:?-+:?\s*\|)+.*$/gm, '')
    .replaceAll(/[`*]/g, '')
    .replaceAll('|', ' ')
}
