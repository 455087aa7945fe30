/** Headers in force, requests, storage, build and the copy on the device: what the page finds when it looks. */
import { useEffect, useState } from 'preact/hooks'
import type { Engine } from '../../engine/client.ts'
import type { Outcome } from '../../proof/channels.ts'
import {
  buildOf,
  countRequests,
  type Kept,
  lookAtOffline,
  lookAtStorage,
  type Offline,
  type Requests,
  type Trials,
} from '../../proof/facts.ts'
import { Button } from '../../ui/controls.tsx'
import { Badge, Code, Note, Panel, Table } from '../../ui/parts.tsx'

declare const IN_ONE_FILE: boolean

interface Facts {
  readonly requests: Requests
  readonly kept: Kept
  readonly offline: Offline
}

async function look(): Promise<Facts> {
  const [kept, offline] = await Promise.all([lookAtStorage(window), lookAtOffline(window)])
  return { kept, offline, requests: countRequests(window) }
}

export interface FactsProps {
  readonly engine: Engine
  readonly trials: Trials | null
  readonly outcomes: readonly Outcome[]
}

export function FactsPanels({ engine, trials, outcomes }: FactsProps) {
  const [facts, setFacts] = useState<Facts | null>(null)
  const again = (): void => void look().then(setFacts)
  useEffect(() => {
    again()
    // It may be kept only a moment after the page is open.
    if ('serviceWorker' in navigator) void navigator.serviceWorker.ready.then(again)
  }, [])
  return (
    <div class="columns">
      <Panel title="In force here">
        <Enforced trials={trials} outcomes={outcomes} />
      </Panel>
      <Panel title="Seen from inside" tools={<Button onPress={again}>Look again</Button>}>
        {facts ? <Seen {...facts} /> : <p class="hint">Looking …</p>}
      </Panel>
      <Panel title="This copy">
        <Copy offline={facts?.offline ?? null} />
      </Panel>
      <Panel title="The engine">
        <EngineView engine={engine} />
      </Panel>
    </div>
  )
}

type EnforcedProps = Pick<FactsProps, 'trials' | 'outcomes'>

function Enforced({ trials, outcomes }: EnforcedProps) {
  const notYet = 'run the self-test'
  const isRun = outcomes.length > 0
  const policy = outcomes.find((one) => one.policy !== undefined)?.policy
  const allowlist = outcomes.some(({ by }) => by.includes('allowlist'))
  const yes = (text: string) => <Badge tone="good">{text}</Badge>
  const no = (text: string) => <Badge tone="warn">{text}</Badge>
  const types = trials?.trustedTypes
  const rows = [
    ['Content Security Policy', policy ? yes('reported') : isRun ? no('not shown') : notYet],
    ['Connection-Allowlist', allowlist ? yes('reported') : isRun ? no('not shown') : notYet],
    [
      'Trusted Types',
      types ? yes('text as HTML was refused') : trials ? no(types === null ? 'unknown here' : 'off') : notYet,
    ],
    ['Code from text', trials?.evalRefused ? yes('refused') : trials ? no('allowed') : notYet],
  ]
  return (
    <>
      <Table caption="What this browser enforces" captionHidden head={['Protection', 'Found by trying']} rows={rows} />
      {policy ? <Code label="The policy, as the browser reports it">{policy.split('; ').join(';\n')}</Code> : null}
      <p class="hint">A page cannot read its own headers. It can only try, and listen to what the browser reports.</p>
    </>
  )
}

function Seen({ requests, kept }: Facts) {
  const { elsewhere } = requests
  const rows = [
    ['Requests to anybody else', elsewhere.length === 0 ? '0' : `to ${elsewhere.join(', ')}`],
    ['Requests to this site', `${requests.here}, ${requests.hereSinceLoad} of them after loading: parts of the Lab`],
    ['Cookies', `${kept.cookies} that a script may see`],
    ['Local storage', kept.local.length === 0 ? 'empty' : kept.local.join(', ')],
    ['Session storage, databases', `${kept.session}, ${kept.databases}`],
  ]
  return (
    <>
      <Table caption="Requests and storage" captionHidden head={['What', 'Now']} rows={rows} />
      <p class="hint">
        The Lab keeps one entry, sojourn-lab: the theme, and whether single letters are commands. Requests are those of
        the browser’s own timeline; refused attempts of the self-test may be among them.
      </p>
    </>
  )
}

function Copy({ offline }: { readonly offline: Offline | null }) {
  const { build, oneFile, kB } = buildOf(document)
  if (IN_ONE_FILE) {
    return (
      <>
        <p>
          Build <code>{build}</code>, one file. It holds everything: it works with the network unplugged.
        </p>
        <Note>No header goes with a file from disk: its own policy and the page’s guard are what there is.</Note>
      </>
    )
  }
  const isKept = offline !== null && offline.files > 0
  return (
    <>
      <p>
        Build <code>{build}</code>
      </p>
      <p>
        <Badge tone={isKept ? 'good' : 'plain'}>{isKept ? 'kept on this device' : 'not kept on this device'}</Badge>
      </p>
      <p class="hint">
        {isKept
          ? `${offline.files} files are kept by the service worker${offline.isInControl ? ', which answers for this page' : ' from the next load on'}. Unplug the network and load the page again.`
          : offline?.isPossible
            ? 'The service worker has not kept it yet: look again in a moment.'
            : 'This browser keeps nothing here (it needs https or localhost).'}
      </p>
      <p>
        <a href="./sojourn-lab.html" download>
          Download the Lab as one file
        </a>{' '}
        ({kB} kB)
      </p>
      <p class="hint">
        Its SHA-256: <code class="hash">{oneFile}</code>
      </p>
      <p class="hint">
        Where a Sojourn server serves the Lab, it has one page apart that does talk to it, with real cookies:{' '}
        <code>/lab/live</code>
      </p>
    </>
  )
}

function EngineView({ engine }: { readonly engine: Engine }) {
  const [said, setSaid] = useState('Not asked yet.')
  const measure = async (): Promise<void> => {
    setSaid('Measuring …')
    try {
      const us = await engine.call('pace', undefined)
      setSaid(`A SHA-256 of the product takes ${us.toFixed(1)} µs in this browser, now (median of 200).`)
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <>
      <p>
        {IN_ONE_FILE
          ? 'The product’s own code, on this page’s thread.'
          : 'The product’s own code, in a worker of this page, under a policy of its own.'}
      </p>
      <p role="status">{said}</p>
      <Button onPress={() => void measure()}>Measure</Button>
    </>
  )
}
