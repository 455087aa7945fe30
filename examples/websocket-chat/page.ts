/** The one page: a form to sign in, or the chat. */
export const page = (
  name: string | null,
  moderator: boolean,
): string => `<!doctype html><html lang="en"><title>Chat</title>
<h1>Chat</h1>${name === null ? SIGN_IN : chat(name, moderator)}</html>`

const SIGN_IN = `<form method="post" action="/sign-in">
<label>Name <input name="name" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></form>`

const REMOVE = `<form method="post" action="/remove"><label>Name <input name="name" required></label><button>Remove</button></form>`

const chat = (name: string, moderator: boolean): string => `<p>You are ${name}.</p><ol id="lines"></ol>
<form id="say"><label>Say <input name="text" autocomplete="off" required></label><button>Send</button></form>
${moderator ? REMOVE : ''}
<form method="post" action="/auth/sign-out"><button>Sign out</button></form>
<script type="module">
const socket = new WebSocket(location.origin.replace('http', 'ws'))
const show = (line) => lines.append(Object.assign(document.createElement('li'), { textContent: line }))
socket.onmessage = ({ data }) => { const { from, text } = JSON.parse(data); show(from + ': ' + text) }
socket.onclose = ({ code, reason }) => show(code === 4401 ? 'signed out: ' + reason : 'the connection is gone')
say.onsubmit = (event) => { event.preventDefault(); socket.send(say.text.value); say.reset() }
</script>`
