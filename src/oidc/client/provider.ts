/** The foreign provider: its metadata, read when first needed, and its failures in our words. */
import {
  AuthorizationResponseError,
  allowInsecureRequests,
  type ClientAuth,
  ClientError,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  PrivateKeyJwt,
  ResponseBodyError,
} from 'openid-client'
import { AuthError, isAuthError } from '../../errors.ts'
import type { CheckedOptions } from './options.ts'

export interface Provider {
  /**
   * Asks the provider. Nothing of ours has changed when it throws.
   * @throws AuthError `sso.unavailable` (no answer, or a failure of its own), `sso.refused` (it answered no), `sso.response`
   *   (its answer did not pass the checks), `internal` (it does not know us as we are configured)
   */
  ask<T>(question: (configuration: Configuration) => Promise<T>): Promise<T>
}

/** How long metadata are used before they are read again; while that fails, the former ones stand. */
const METADATA_SECONDS = 3600

export function createProvider(options: CheckedOptions): Provider {
  const { issuer, clientId, timeoutSeconds, clock } = options
  const transport = transportOf(options.fetch)
  let known: { readonly configuration: Configuration; readonly until: number } | null = null
  let asking: Promise<Configuration> | null = null

  const discover = async (): Promise<Configuration> => {
    const configuration = await discovery(issuer, clientId, undefined, clientAuthOf(options), {
      [customFetch]: transport,
      timeout: timeoutSeconds,
      execute: [
        // `checkAddress` has let in http on loopback only.
        ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : []),
        // The signature of the ID token too, not only the connection that it came over.
        enableNonRepudiationChecks,
      ],
    })
    known = { configuration, until: clock.now() + METADATA_SECONDS }
    return configuration
  }

  const configuration = async (): Promise<Configuration> => {
    if (known && clock.now() < known.until) return known.configuration
    asking ??= discover().finally(() => {
      asking = null
    })
    if (!known) return asking
    const former = known.configuration
    return asking.catch(() => former)
  }

  return {
    async ask(question) {
      try {
        return await question(await configuration())
      } catch (error) {
        throw inOurWords(error)
      }
    },
  }
}

function clientAuthOf({ clientSecret, clientKey, secretIn }: CheckedOptions): ClientAuth {
  if (clientKey)
    return PrivateKeyJwt(clientKey.kid === undefined ? clientKey.key : { key: clientKey.key, kid: clientKey.kid })
  if (clientSecret === null) return None()
  return secretIn === 'client_secret_post' ? ClientSecretPost(clientSecret) : ClientSecretBasic(clientSecret)
}

/** A provider that is not reached or says that it fails is told apart here, once, from one that says no. */
function transportOf(request: typeof fetch): CustomFetch {
  return async (url, init) => {
    let response: Response
    try {
      response = await request(url, init as RequestInit)
    } catch (cause) {
      throw unavailable(cause)
    }
    if (response.status < 500 && response.status !== 429) return response
    await response.body?.cancel()
    throw unavailable(new Error(`the provider answered ${response.status}`))
  }
}

function unavailable(cause: unknown): AuthError {
  return new AuthError('sso.unavailable', 'the sign-in provider does not answer; try again', {
    cause,
    retryAfterSeconds: 5,
  })
}

/** OAuth errors (RFC 6749 §4.1.2.1) are plain words; what is none is not repeated. */
const PLAIN = /^[a-z_]{1,64}$/

function inOurWords(error: unknown): unknown {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (isAuthError(cause)) return cause
  if (error instanceof AuthorizationResponseError) {
    const said = PLAIN.test(error.error) ? error.error : 'an error'
    return new AuthError('sso.refused', `the provider did not sign you in: ${said}`, { cause: error })
  }
  if (error instanceof ResponseBodyError) {
    // A code or refresh token that is spent, foreign or too old is the answer's fault; all else is our configuration's.
    if (error.error === 'invalid_grant') return unusable(error)
    const said = PLAIN.test(error.error) ? error.error : 'an error'
    return new AuthError('internal', `the provider refuses this application: ${said}`, { cause: error })
  }
  if (error instanceof ClientError) return brokeOff(error) ? unavailable(error) : unusable(error)
  return error
}

/** Out of time, or the connection went in the middle of the answer: for that, `fetch` has a TypeError. */
function brokeOff(error: ClientError): boolean {
  if (error.code === 'OAUTH_TIMEOUT' || error.code === 'OAUTH_ABORT') return true
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof TypeError) return true
  return false
}

/** @param cause for logs: openid-client's errors name claims and endpoints, and hold no token in their messages */
export function unusable(cause?: unknown): AuthError {
  return new AuthError('sso.response', "the provider's answer did not pass the checks; sign in again", { cause })
}
