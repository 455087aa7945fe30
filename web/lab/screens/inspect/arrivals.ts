/** What arrives without a focused field: a paste anywhere, a file that is dropped or opened. */
import { useEffect, useRef } from 'preact/hooks'
import { MAX_PASTE_CHARS, type Paste, readBytes, readPaste, tooLarge } from '../../paste/read-paste.ts'
import { isTyping } from '../../shell/keys.ts'

export interface Arrival {
  readonly text: string
  readonly paste: Paste
}

/** A paste that no field takes, and files dropped onto the page, go to `onArrival`. @param fieldsToo what a field would take, too */
export function useArrivals(onArrival: (arrival: Arrival) => void, fieldsToo = false): void {
  const latest = useRef(onArrival)
  latest.current = onArrival
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      if (isTyping(event.target) && !fieldsToo) return
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (text === '') return
      event.preventDefault()
      latest.current({ text, paste: readPaste(text) })
    }
    const over = (event: DragEvent): void => event.preventDefault()
    const drop = (event: DragEvent): void => {
      event.preventDefault()
      const file = event.dataTransfer?.files[0]
      const text = event.dataTransfer?.getData('text/plain') ?? ''
      if (file) void readFile(file).then(latest.current)
      else if (text !== '') latest.current({ text, paste: readPaste(text) })
    }
    document.addEventListener('paste', paste)
    document.addEventListener('dragover', over)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('paste', paste)
      document.removeEventListener('dragover', over)
      document.removeEventListener('drop', drop)
    }
  }, [])
}

/** Nothing of a file that is too large is read. */
export async function readFile(file: File): Promise<Arrival> {
  if (file.size > MAX_PASTE_CHARS) return { text: '', paste: tooLarge() }
  return readBytes(new Uint8Array(await file.arrayBuffer()))
}

/** What the clipboard holds, if the browser gives it. */
export async function readClipboard(): Promise<Arrival | null> {
  try {
    const text = await navigator.clipboard.readText()
    return { text, paste: readPaste(text) }
  } catch {
    return null
  }
}
