/** The frame of every page, and the parts that pages share. */
import { type Html, html, type Piece } from '../../http/html.ts'

/** Bumped by its content, so that a new style sheet is fetched at once. */
export interface Assets {
  readonly styleUrl: string
  readonly resetScriptUrl: string
}

export interface Frame {
  readonly title: string
  readonly assets: Assets
  /** Right side of the header. */
  readonly header?: Piece
  readonly body: Piece
  readonly scriptUrl?: string
}

/** A whole document. */
export function document({ title, assets, header, body, scriptUrl }: Frame): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Sojourn</title>
<link rel="stylesheet" href="${assets.styleUrl}">
<link rel="icon" href="data:,">
${scriptUrl && html`<script src="${scriptUrl}" defer></script>`}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header class="top"><a class="mark" href="/">Sojourn</a>${header}</header>
<main id="main">
${body}
</main>
</body>
</html>
`.text
}

/** What went wrong with a form, tied to the field that it is about (null: to the form as a whole). */
export interface FormFault {
  readonly field: string | null
  readonly message: string
}

/** A note at the top of a page. `alert` is read out at once. */
export function note(kind: 'alert' | 'status', text: string): Html {
  return html`<p class="note ${kind}" role="${kind}">${text}</p>`
}

export interface Field {
  readonly form: string
  readonly name: string
  readonly label: string
  readonly type: 'email' | 'password' | 'text'
  readonly autocomplete: string
  readonly hint?: string
  readonly value?: string
  readonly fault: FormFault | null
  readonly autofocus?: boolean
}

/** A labelled field with its hint and its error, which assistive technology reads with it. */
export function field(options: Field): Html {
  const { form, name, label, type, autocomplete, hint, value, fault } = options
  const id = `${form}-${name}`
  const wrong = fault?.field === name
  const described = [hint && `${id}-hint`, wrong && `${id}-error`].filter(Boolean).join(' ')
  return html`<div class="field">
<label for="${id}">${label}</label>
${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
${wrong && html`<p class="error" id="${id}-error"><span class="visually-hidden">Error: </span>${fault.message}</p>`}
<input id="${id}" name="${name}" type="${type}" autocomplete="${autocomplete}" required${limits(type)}${
    value !== undefined && value !== '' && html` value="${value}"`
  }${described !== '' && html` aria-describedby="${described}"`}${wrong && html` aria-invalid="true" autofocus`}${
    !wrong && options.autofocus && html` autofocus`
  }>
</div>`
}

function limits(type: Field['type']): Html {
  if (type === 'password') return html` maxlength="512" spellcheck="false"`
  return html` maxlength="254" spellcheck="false" autocapitalize="none"`
}

/** The message of a form as a whole, above its fields. */
export function formNote(fault: FormFault | null): Piece {
  return fault && fault.field === null && note('alert', fault.message)
}
