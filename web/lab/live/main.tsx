/** Live: the same things with real cookies, against the server that this page came from. Apart from the Lab, and marked. */
import { render } from 'preact'
import { Live } from './live.tsx'
import '../style.css'
import './live.css'

const root = document.getElementById('live')
if (root) render(<Live />, root)
