/** `sojourn doctor`: looks at everything the server needs, and says for each fault what mends it. Changes nothing. */
import { readConfig } from '../server/config.ts'
import { type Command, JSON_OPTION } from './command.ts'
import { checkClock, checkDisk, checkFiles, checkNode, checkPort, checkStore, type Finding } from './doctor-checks.ts'
import { faultLine } from './open.ts'
import { oneLine, printJson } from './output.ts'

export const doctor: Command = {
  summary: 'check configuration, clock, store and permissions; say how to mend what is wrong',
  options: JSON_OPTION,
  notes: ['Exit code 0: nothing is wrong; 1: something is.'],
  async run({ terminal, flag }) {
    const read = readConfig(terminal.env)
    const findings: Finding[] = [checkNode()]
    if ('faults' in read)
      findings.push(
        ...read.faults.map((fault) => ({
          check: 'configuration',
          fault: fault.problem,
          mend: fault.mend,
          line: faultLine(fault),
        })),
      )
    else {
      const { config } = read
      findings.push({ check: 'configuration', said: `${config.url}, tokens signed with ${config.tokenAlgorithm}` })
      findings.push(...checkFiles(config), checkDisk(config))
      // A store that cannot be trusted with its files is not opened.
      if (findings.every((finding) => finding.fault === undefined)) findings.push(...(await checkStore(config)))
      findings.push(await checkPort(config))
    }
    findings.push(checkClock())
    const faults = findings.filter((finding) => finding.fault !== undefined)
    if (flag('json'))
      printJson(terminal, {
        healthy: faults.length === 0,
        checks: findings.map(({ check, said, fault, mend }) => ({
          check,
          ...(fault === undefined ? { good: true, said } : { good: false, fault, mend }),
        })),
      })
    else {
      for (const finding of findings) terminal.out(lineOf(finding))
      terminal.out(
        faults.length === 0
          ? 'Nothing is wrong.'
          : `${faults.length} ${faults.length === 1 ? 'thing is' : 'things are'} wrong.`,
      )
    }
    return faults.length === 0 ? 0 : 1
  },
}

function lineOf({ check, said, fault, mend, line }: Finding): string {
  if (fault === undefined) return `good  ${check}: ${oneLine(said ?? '')}`
  return `bad   ${check}: ${oneLine(line ?? `${fault}: ${mend}`)}`
}
