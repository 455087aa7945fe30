/** Start: paste anything, or begin with a question. */
import { useState } from 'preact/hooks'
import { SAMPLES } from '../paste/sample-names.ts'
import { wordsOf } from '../shell/proof-found.ts'
import type { ScreenName, ScreenProps } from '../shell/screen.ts'
import { SCREENS } from '../shell/screens.ts'
import { Button, Select, TextField } from '../ui/controls.tsx'
import { FileButton } from '../ui/file-button.tsx'
import { Badge, Panel } from '../ui/parts.tsx'
import { type Arrival, readClipboard, readFile, useArrivals } from './inspect/arrivals.ts'
import { QUESTIONS } from './start/questions.ts'
import './inspect.css'

export default function Start(props: ScreenProps) {
  // Forgetting everything begins anew.
  return <Beginning key={props.lab.hand.wiped.value} {...props} />
}

function Beginning({ lab }: ScreenProps) {
  const [text, setText] = useState('')
  const inspect = (pasted: string): void => {
    lab.hand.offer('token', pasted)
    lab.go('inspect')
  }
  const arrive = (arrival: Arrival): void => {
    if (arrival.text === '') lab.say(arrival.paste.notes[0] ?? 'There is nothing to read.')
    else inspect(arrival.text)
  }
  useArrivals(arrive, true)
  const paste = async (): Promise<void> => {
    const arrival = await readClipboard()
    if (arrival) arrive(arrival)
    else lab.say('The browser does not give the clipboard: press Ctrl+V.')
  }
  const found = wordsOf(lab.proofFound.value)
  const isThere = (screen: ScreenName): boolean => SCREENS.some(({ name }) => name === screen)
  return (
    <>
      <h1>Where does a login’s state live?</h1>
      <p class="lead">
        In the server’s store, in what the client carries, or in both. Look at your own tokens and cookies, see both
        models run side by side, and find out what fits. Everything runs in this page; nothing that you paste leaves it.
      </p>
      <Panel title="Look at something of yours">
        <TextField
          label="Paste anything: a token, a Set-Cookie line, a key, a curl command, a HAR"
          hint="A paste works anywhere on the page; a file can be dropped onto it. Ctrl+Enter inspects."
          lines={5}
          value={text}
          onChange={setText}
          onEnter={() => inspect(text)}
          isMain
        />
        <div class="row">
          <Button isMain disabled={text.trim() === ''} onPress={() => inspect(text)}>
            Inspect
          </Button>
          <Button onPress={() => void paste()}>Paste</Button>
          <FileButton label="Open a file" onFile={(file) => void readFile(file).then(arrive)} />
          <Select
            label="Or use a sample"
            value=""
            options={[['', 'choose one …'], ...SAMPLES]}
            onChange={(name) => {
              if (name !== '') lab.go('inspect', `v=1&sample=${name}`)
            }}
          />
        </div>
        <p class="tools">
          <Badge tone={found.tone}>{found.text}</Badge>
          <Button onPress={() => lab.go('proof')}>
            {lab.proofFound.value === null ? 'Measure it in Proof' : 'See it in Proof'}
          </Button>
        </p>
      </Panel>
      <Panel title="Or begin with a question">
        <ul class="questions">
          {QUESTIONS.filter(([, screen]) => isThere(screen)).map(([question, screen, settings]) => (
            <li key={question}>
              <Button onPress={() => lab.go(screen, settings)}>{question}</Button>
            </li>
          ))}
          <li>
            <Button onPress={() => lab.go('proof')}>Does anything leave this page?</Button>
          </li>
        </ul>
      </Panel>
    </>
  )
}
