/** Runs the `console` blocks of a document as one shell session and compares what they print with what the document shows. */
import { spawn } from 'node:child_process'

interface Step {
  readonly command: string
  readonly shown: readonly string[]
  /** Line in the document, from 1. */
  readonly line: number
}

export interface Outcome extends Step {
  readonly printed: readonly string[]
  readonly agrees: boolean
}

/** Lines that start with `$ ` are commands (a trailing backslash continues), lines below are their output; `…` stands for anything. */
export function readSteps(markdown: string): Step[] {
  const steps: { command: string; shown: string[]; line: number }[] = []
  let inside = false
  let open = false
  for (const [index, line] of markdown.split('\n').entries()) {
    if (line.startsWith('```')) {
      inside = line === '```console'
      open = false
    } else if (inside) {
      const last = steps.at(-1)
      if (line.startsWith('$ ')) {
        steps.push({ command: line.slice(2), shown: [], line: index + 1 })
        open = line.endsWith('\\')
      } else if (open && last) {
        last.command += `\n${line}`
        open = line.endsWith('\\')
      } else last?.shown.push(line)
    }
  }
  return steps
}

/** Whether the printed line is what the shown one says, `…` standing for any text. */
export function agrees(shown: string, printed: string): boolean {
  const pattern = shown
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*')
  return new RegExp(`^${pattern}$`, 's').test(printed)
}

/**
 * Runs all steps in one bash, so that variables and files carry over; stderr counts as output, as in a terminal.
 *
 * @param replace texts of the document and what stands for them here (ports, names)
 */
export async function runTranscript(
  markdown: string,
  options: {
    readonly cwd: string
    readonly env: NodeJS.ProcessEnv
    readonly replace: readonly (readonly [string, string])[]
  },
): Promise<Outcome[]> {
  const steps = readSteps(markdown)
  const swap = (text: string): string => options.replace.reduce((all, [from, to]) => all.replaceAll(from, to), text)
  const mark = `--step-${Math.random().toString(36).slice(2)}--`
  const script = steps.map((step) => `${swap(step.command)}\nprintf '\\n%s\\n' '${mark}'`).join('\n')
  const shell = spawn('bash', ['-c', script], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  // Whatever the session left behind (a server, say) goes with it: its output would keep the pipe open.
  const end = (): boolean => process.kill(-(shell.pid as number), 'SIGKILL')
  const late = setTimeout(end, 90_000)
  let printed = ''
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk
    })
  await new Promise<void>((resolve, reject) => shell.on('error', reject).on('close', () => resolve()))
  clearTimeout(late)
  const parts = printed.split(`${mark}\n`)
  return steps.map((step, index) => {
    const lines = trimEnd((parts[index] ?? '').split('\n'))
    const shown = trimEnd(step.shown.map(swap))
    return {
      ...step,
      printed: lines,
      agrees: lines.length === shown.length && shown.every((line, at) => agrees(line, lines[at] as string)),
    }
  })
}

function trimEnd(lines: readonly string[]): string[] {
  const copy = [...lines]
  while (copy.length > 0 && copy.at(-1)?.trim() === '') copy.pop()
  return copy
}
