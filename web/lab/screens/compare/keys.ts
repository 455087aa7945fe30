/** Space plays and pauses, `,` and `.` step, `[` and `]` change the speed: while nobody types, and letters are commands. */
import { useEffect } from 'preact/hooks'
import { isTyping } from '../../shell/keys.ts'
import type { Playback } from './playback.ts'

export function usePlaybackKeys(playback: Playback, isOn: () => boolean): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
      if (!isOn() || isTyping(event.target)) return
      // On a button, a link or a summary, Space is theirs.
      const isPressable = event.target instanceof Element && event.target.closest('button, a, summary') !== null
      if (event.key === ' ' && !isPressable) playback.toggle()
      else if (event.key === ',') playback.step(-1)
      else if (event.key === '.') playback.step(1)
      else if (event.key === '[') playback.changeSpeed(-1)
      else if (event.key === ']') playback.changeSpeed(1)
      else return
      event.preventDefault()
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  })
}
