/** Plays a finished run back: moves what covers the future, and draws nothing else. */
import { useEffect, useRef, useState } from 'preact/hooks'

export const SPEEDS = [1, 10, 100] as const
export type Speed = (typeof SPEEDS)[number]

export interface Playback {
  readonly isPlaying: boolean
  readonly speed: Speed
  /** Goes on from the start when it had come to the end. */
  toggle(): void
  step(by: 1 | -1): void
  changeSpeed(by: 1 | -1): void
  toEnd(): void
}

export interface PlaybackOptions {
  /** In the units of the run; another object: another run. */
  readonly run: { readonly horizon: number } | null
  /** How much of the run passes in a second at the first speed. */
  readonly perSecond: number
  /** Where the clock stands; called for each frame, outside any rendering. */
  readonly draw: (at: number) => void
}

const STEPS = 60
/** Those who want no motion see it move in steps. */
const CALM_STEPS = 12
const CALM = '(prefers-reduced-motion: reduce)'

export function usePlayback({ run, perSecond, draw }: PlaybackOptions): Playback {
  const [isPlaying, setPlaying] = useState(false)
  const [speed, setSpeed] = useState<Speed>(100)
  const at = useRef(0)
  const horizon = run?.horizon ?? 1
  const show = (value: number): void => {
    at.current = Math.min(horizon, Math.max(0, value))
    draw(at.current)
  }

  useEffect(() => {
    if (run === null) return
    const isCalm = matchMedia(CALM).matches
    show(isCalm ? horizon : 0)
    setPlaying(!isCalm)
  }, [run])

  useEffect(() => {
    if (!isPlaying || run === null) return
    const isCalm = matchMedia(CALM).matches
    let frame = 0
    let before: number | null = null
    let waited = 0
    const next = (nowMs: number): void => {
      const passed = before === null ? 0 : ((nowMs - before) / 1000) * perSecond * speed
      before = nowMs
      waited += passed
      if (!isCalm || waited >= horizon / CALM_STEPS) {
        show(at.current + waited)
        waited = 0
      }
      if (at.current >= horizon) setPlaying(false)
      else frame = requestAnimationFrame(next)
    }
    frame = requestAnimationFrame(next)
    return () => cancelAnimationFrame(frame)
  }, [isPlaying, speed, run])

  return {
    isPlaying,
    speed,
    toggle() {
      if (!isPlaying && at.current >= horizon) show(0)
      setPlaying(!isPlaying)
    },
    step(by) {
      setPlaying(false)
      show(at.current + (by * horizon) / STEPS)
    },
    changeSpeed: (by) => setSpeed(SPEEDS[Math.min(2, Math.max(0, SPEEDS.indexOf(speed) + by))] ?? 100),
    toEnd() {
      setPlaying(false)
      show(horizon)
    },
  }
}
