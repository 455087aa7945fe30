/**
 * Runs public test vectors through the Lab's engine in real Chromium: `npm run vectors:lab -- DIR`. Each case is asked of our
 * code on Node, too, and both must answer alike; so must the verdict that Inspect shows. The last lines sum up.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { buildLab } from './build-lab.ts'
import { cookbookSuites } from './vectors/cookbook.ts'
import { openFolder } from './vectors/files.ts'
import { HERE, type Judge } from './vectors/judge.ts'
import { createLabJudge } from './vectors/lab-judge.ts'
import { rfcSuites } from './vectors/rfc.ts'
import { signatureSuites } from './vectors/signatures.ts'
import { answerOf, type Case, type Suite } from './vectors/suite.ts'
import { tokenSuites } from './vectors/wycheproof-tokens.ts'

const [directory] = process.argv.slice(2)
if (!directory) {
  console.error('usage: npm run vectors:lab -- DIR (the folder with wycheproof/, rfc/ and jose-cookbook/)')
  process.exit(2)
}
const vectors = openFolder(directory)
const suitesFor = (judge: Judge): readonly Suite[] =>
  [tokenSuites, signatureSuites, rfcSuites, cookbookSuites].flatMap((read) => read(vectors, judge))

const folder = mkdtempSync(join(tmpdir(), 'sojourn-lab-vectors-'))
const opened: { browser?: Browser } = {}
const server = createServer(({ url = '/' }, response) => {
  const name = url.slice(1)
  const isScript = /^[\w-]+\.js$/.test(name)
  response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
  response.end(isScript ? readFileSync(join(folder, name)) : '<!doctype html><title>vectors</title>')
})

async function openPage(): Promise<Page> {
  await buildLab(folder)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  })
  opened.browser = browser
  const page = await browser.newPage()
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`)
  return page
}

/** What is wrong with one case; null: all agree. `asked` is false where nothing of it is a question to the engine. */
async function run(inLab: Case, onNode: Case, asked: () => number) {
  const before = asked()
  const answer = await answerOf(inLab.run)
  if (asked() === before) return { isAsked: false, fault: null }
  const wanted = inLab.skip === undefined ? inLab.wanted : 'reject'
  const there = await answerOf(onNode.run)
  const fault =
    typeof answer === 'string'
      ? answer
      : answer !== there
        ? `Chromium says ${answer}, Node says ${there}`
        : wanted !== 'either' && answer !== (wanted === 'accept')
          ? `it should ${wanted}, and does not`
          : null
  return { isAsked: true, fault }
}

let [passed, failed] = [0, 0]
try {
  const page = await openPage()
  const worker = readdirSync(folder).find((name) => /^engine-.*\.js$/.test(name)) ?? ''
  const judge = await createLabJudge(page, worker)
  const here = suitesFor(HERE)
  for (const [s, suite] of suitesFor(judge).entries()) {
    let inSuite = 0
    for (const [c, inLab] of suite.cases.entries()) {
      const { isAsked, fault } = await run(inLab, here[s]?.cases[c] ?? inLab, judge.asked)
      if (!isAsked) continue
      inSuite++
      if (fault === null) passed++
      else {
        failed++
        console.log(`FAILED ${suite.file} ${inLab.id}: ${fault}`)
      }
    }
    if (inSuite > 0) console.log(`${suite.file}: ${inSuite} asked`)
  }
  console.log(
    `Chromium ${opened.browser?.version()}: ${judge.asked()} questions to the engine, ${judge.verdicts()} verdicts of Inspect`,
  )
} finally {
  await opened.browser?.close()
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && passed > 0 ? 0 : 1
