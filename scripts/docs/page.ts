/** The frame of a page of the documents. */
import { Html, html, type Piece } from '../../src/http/html.ts'
import { siteUrl } from './documents.ts'
import type { Section } from './markdown.ts'
import type { NavigationGroup } from './navigation.ts'

export interface Files {
  readonly style: string
  readonly script: string
}

interface Frame {
  readonly title: string
  readonly files: Files
  readonly groups: readonly NavigationGroup[]
  /** Path of the document; null: the start page. */
  readonly path: string | null
  readonly body: Piece
}

/** Below so many headings nobody needs a list of them. */
const FEW_HEADINGS = 3

export function documentPage(
  frame: Omit<Frame, 'body'>,
  document: { readonly html: string; readonly sections: readonly Section[] },
): string {
  const headings = document.sections.filter(({ anchor, depth }) => anchor !== null && depth === 2)
  const here =
    headings.length >= FEW_HEADINGS &&
    html`<nav class="here" aria-label="On this page"><ul>
${headings.map(({ anchor, heading }) => html`<li><a href="#${anchor}">${heading}</a></li>\n`)}</ul></nav>`
  // Below the title, which comes first in every document.
  const at = document.html.indexOf('</h1>') + '</h1>'.length
  const [title, rest] = [document.html.slice(0, at), document.html.slice(at)].map((part) => new Html(part))
  return pageOf({ ...frame, body: html`<article class="prose">${title}${here}${rest}</article>` })
}

export function startPage(frame: Omit<Frame, 'body' | 'path'>): string {
  const groups = frame.groups.map(
    ({ title, anchor, entries }) => html`<section class="group" aria-labelledby="${anchor}">
<h2 id="${anchor}">${title}</h2>
<ul>
${entries.map((entry) => html`<li><a href="${siteUrl(entry.path)}">${entry.name}</a></li>\n`)}${
  anchor === 'reference' && html`<li><a href="/openapi.json">Every route of this server (OpenAPI 3.1)</a></li>\n`
}</ul>
</section>
`,
  )
  return pageOf({
    ...frame,
    path: null,
    body: html`<div class="intro"><h1>Documents</h1>
<p class="lead">By what you want to do. The tests run the code in them.</p></div>
<div class="groups">${groups}</div>`,
  })
}

function pageOf({ title, files, groups, path, body }: Frame): string {
  const contents =
    path !== null &&
    html`<nav class="contents" id="contents" aria-label="All documents">
${groups.map((group) => {
  const isOpen = group.entries.some((entry) => entry.path === path)
  return html`<details${isOpen && html` open`}><summary>${group.title}</summary><ul>
${group.entries.map((entry) => html`<li><a href="${siteUrl(entry.path)}"${entry.path === path && html` aria-current="page"`}>${entry.name}</a></li>\n`)}</ul></details>
`
})}</nav>`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Sojourn</title>
<link rel="stylesheet" href="/docs/${files.style}">
<link rel="icon" href="data:,">
<script type="module" src="/docs/${files.script}"></script>
</head>
<body class="${path === null ? 'start' : 'book'}">
<a class="skip" href="#main">Skip to content</a>
<header class="top"><p class="marks"><a class="mark" href="/">Sojourn</a> <a href="/docs/">Documents</a>${
    path !== null && html` <a class="to-contents" href="#contents">All pages</a>`
  }</p>
<form class="search" role="search" hidden><label class="visually-hidden" for="search">Search the documents</label>
<input id="search" type="search" placeholder="Search" autocomplete="off" spellcheck="false" aria-describedby="found"></form>
</header>
<section class="found" aria-label="Search results" hidden><p id="found" role="status"></p><ol></ol></section>
<main id="main" tabindex="-1">
${body}
</main>
${contents}
</body>
</html>
`.text
}
