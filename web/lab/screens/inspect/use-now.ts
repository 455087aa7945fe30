/** The time, once a second. */
import { useEffect, useState } from 'preact/hooks'

export const nowSeconds = (): number => Math.floor(Date.now() / 1000)

export function useNow(): number {
  const [now, setNow] = useState(nowSeconds)
  useEffect(() => {
    const timer = setInterval(() => setNow(nowSeconds()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}
