/** ACK: tells the registry how far the log has been applied, beside the reading and at most one call at a time. */

export interface AcksOptions {
  readonly ack: (memberId: string, offset: number) => Promise<void>
  /** Whatever is acknowledged has been applied: every look from now on sees it. */
  readonly applied: () => number
  readonly fail: (cause: unknown) => void
}

export interface Acks {
  /** Acknowledges for this member until nothing new has been applied. Never rejects. */
  send(memberId: string): Promise<void>
  /** Nothing more is sent for the member so far; the next one begins anew. */
  stop(): void
}

export function createAcks({ ack, applied, fail }: AcksOptions): Acks {
  let acked = 0
  let isSending = false
  /** Rises with every stop. */
  let term = 0

  return {
    async send(memberId) {
      if (isSending) return
      const mine = term
      isSending = true
      try {
        while (mine === term && applied() > acked) {
          const offset = applied()
          await ack(memberId, offset)
          if (mine === term) acked = offset
        }
      } catch (cause) {
        fail(cause)
      } finally {
        if (mine === term) isSending = false
      }
    },
    stop() {
      term++
      acked = 0
      isSending = false
    },
  }
}
