/** The one page: who is signed in, and the way in or out. */

export function page(name: string, subject: string | null): string {
  const body =
    subject === null
      ? '<p>Nobody is signed in.</p><a href="/auth/sso/login">Sign in</a>'
      : `<p>Signed in as <b>${escapeHtml(subject)}</b>.</p>
         <form method="post" action="/auth/sso/sign-out"><button>Sign out</button></form>`
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(name)}</title><h1>${escapeHtml(name)}</h1>${body}</html>`
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
