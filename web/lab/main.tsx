/** The Lab begins: doors first, then the shell. */
import { closeDoors } from './shell/guard.ts'
import { startShell } from './shell/shell.tsx'
import './style.css'

declare const IN_ONE_FILE: boolean

const guard = closeDoors(window)
const root = document.getElementById('lab')
if (root) startShell(window, root, guard)
if (!IN_ONE_FILE) void import('./shell/offline.ts').then(({ keepForOffline }) => keepForOffline(navigator))
