/** The pages as HTML. */
import type { User } from './users.ts'

const text = (value: string): string => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

const layout = (title: string, body: string): string =>
  `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }</style>
<h1>${title}</h1>${body}</html>`

const button = (action: string, label: string): string =>
  `<form method="post" action="${action}"><button>${label}</button></form>`

export function signInPage(fault = ''): string {
  const fields = `<p><label>Email <input name="email" type="email" autocomplete="username" required></label></p>
<p><label>Password <input name="password" type="password" autocomplete="current-password" minlength="8" required></label></p>`
  return layout(
    'Sign in',
    `<p role="alert">${text(fault)}</p><form method="post" action="/sign-in">${fields}
<button>Sign in</button> <button formaction="/sign-up">Sign up</button></form>`,
  )
}

export function notesPage(user: User, notes: readonly string[], role: string): string {
  return layout(
    'Notes',
    `<p>Signed in as ${text(user.email)}, ${text(role)}. ${role === 'admin' ? '<a href="/admin">Users</a>' : ''}</p>
<ul>${notes.map((note) => `<li>${text(note)}</li>`).join('')}</ul>
<form method="post" action="/notes"><label>New note <input name="text" required></label> <button>Add</button></form>
${button('/sign-out', 'Sign out')}${button('/sign-out-elsewhere', 'Sign out everywhere else')}`,
  )
}

export function usersPage(users: readonly User[]): string {
  const rows = users.map(({ id, email, role }) => {
    const other = role === 'admin' ? 'reader' : 'admin'
    return `<li>${text(email)}, ${role} ${button(`/admin/${id}/${other}`, `make ${other}`)}</li>`
  })
  return layout('Users', `<ul>${rows.join('')}</ul><a href="/">Notes</a>`)
}

export const problemPage = (title: string, detail: string): string =>
  layout(text(title), `<p>${text(detail)}</p><a href="/">Go on</a>`)
