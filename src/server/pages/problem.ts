/** An error as a page. */

import { html } from '../../http/html.ts'
import type { Problem } from '../../http/problem.ts'
import { type Assets, document } from './layout.ts'

const HEADINGS: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'You are signed out',
  403: 'This is not allowed',
  404: 'There is nothing here',
  409: 'That did not work',
  421: 'Wrong address',
  429: 'Too many attempts',
  500: 'Something went wrong',
  503: 'Please try again in a moment',
}

export function problemPage(problem: Problem, assets: Assets): string {
  const heading = HEADINGS[problem.status] ?? problem.title
  return document({
    title: heading,
    assets,
    body: html`<div class="intro">
<h1>${heading}</h1>
<p class="lead">${sentence(problem.detail)}</p>
<p class="reference">${problem.code}${problem.errorId && html` · reference ${problem.errorId}`}</p>
<p><a href="/">Go to the start page</a></p>
</div>`,
  })
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(first) ? first : `${first}.`
}
