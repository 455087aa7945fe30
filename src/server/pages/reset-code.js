/* Moves the one-time code from behind the # of the link into its field. */
const code = location.hash.slice(1)
const input = document.getElementById('reset-code')
if (code && input) {
  input.value = code
  history.replaceState(null, '', location.pathname)
  document.getElementById('reset-new_password')?.focus()
}
