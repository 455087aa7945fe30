/** The subject of a client that acts in its own name: it can never be a user's (RFC 9700 §4.15). */

const PREFIX = 'client:'

export function clientSubject(clientId: string): string {
  return PREFIX + clientId
}

/** @throws TypeError for a user who has the name of a client, or of what may become one */
export function checkSubject(subject: string, clientId: string | undefined): void {
  if (!subject.startsWith(PREFIX) || subject === clientSubject(clientId ?? '')) return
  throw new TypeError('a subject that begins with "client:" is a client acting in its own name')
}
