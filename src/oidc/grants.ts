/** What a client may have: the grant of its session, or for one of our own a grant that nobody has to give. */
import type { Grant, KoaContextWithOIDC } from 'oidc-provider'

/** `loadExistingGrant` of the library. */
export async function loadGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined> {
  const { client, session, result, provider, account } = ctx.oidc
  if (!client) return undefined
  const grantId = result?.consent?.grantId ?? session?.grantIdFor(client.clientId)
  const known = grantId === undefined ? undefined : await provider.Grant.find(grantId)
  // A grant of another subject: the browser has changed its account meanwhile.
  const grant = known?.accountId === account?.accountId ? known : undefined
  // A native application of any name can come by way of a custom scheme or loopback, so its people are always asked.
  if (client.first_party !== true || client.applicationType === 'native' || !account) return grant
  const given = grant ?? new provider.Grant({ accountId: account.accountId, clientId: client.clientId })
  allow(ctx, given)
  await given.save()
  return given
}

/** All that this request asks for. */
function allow(ctx: KoaContextWithOIDC, grant: Grant): void {
  const { requestParamScopes, requestParamOIDCScopes, resourceServers = {} } = ctx.oidc
  grant.addOIDCScope([...requestParamOIDCScopes].join(' '))
  for (const [resource, server] of Object.entries(resourceServers)) {
    const scopes = [...requestParamScopes].filter((scope) => server.scopes.has(scope))
    grant.addResourceScope(resource, scopes.join(' '))
  }
}
