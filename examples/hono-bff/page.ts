/** The one page: it never sees a token. */
export const page = (
  subject: string | null,
  fault = '',
): string => `<!doctype html><html lang="en"><title>Orders</title>
<h1>Orders</h1>
${subject === null ? signIn(fault) : orders(subject)}</html>`

const signIn = (fault: string): string => `<p role="alert">${fault}</p><form method="post" action="/sign-in">
<label>Email <input name="email" type="email" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form>`

const orders = (subject: string): string => `<p>Signed in: ${subject}</p><ul id="orders"></ul>
<form method="post" action="/sign-out"><button>Sign out</button></form>
<script type="module">
const answer = await fetch('/api/orders')
if (!answer.ok) location.reload()
for (const { item } of await answer.json()) orders.append(Object.assign(document.createElement('li'), { textContent: item }))
</script>`
