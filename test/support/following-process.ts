/**
 * A service without a store as a process of its own: it checks tokens and follows a server. Arguments: the server's URL, where to
 * reach it, the follower key, the lease in seconds. Answers every message with what it decides.
 */
import { AuthError, createVerifier } from '../../src/verifier/index.ts'
import type { FollowingAnswer, FollowingQuestion } from './following-processes.ts'

const [issuer = '', url = '', token = '', lease = '12'] = process.argv.slice(2)
const verifier = createVerifier({
  jwksUrl: `${url}/.well-known/jwks.json`,
  issuer,
  audience: issuer,
  clockToleranceSeconds: 5,
  revocations: { url, token, leaseSeconds: Number(lease) },
})

async function answer({ id, token: asked }: FollowingQuestion): Promise<FollowingAnswer> {
  const status = (): Pick<FollowingAnswer, 'id' | 'state' | 'member'> => {
    const { state, member } = verifier.status()
    return { id, state, member }
  }
  try {
    const { claims, freshness } = await verifier.verifyDetailed(asked)
    return { ...status(), code: null, claims, freshness }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { ...status(), code: error.code, claims: null, freshness: null }
  }
}

process.on('message', async (question: FollowingQuestion) => {
  process.send?.(await answer(question))
})
process.on('disconnect', () => void verifier.close())

await verifier.ready()
process.send?.('ready')
