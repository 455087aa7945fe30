/** Where the provider answers. */
export const PATHS = {
  discovery: '/.well-known/openid-configuration',
  metadata: '/.well-known/oauth-authorization-server',
  jwks: '/.well-known/jwks.json',
  authorization: '/oidc/auth',
  token: '/oidc/token',
  userinfo: '/oidc/userinfo',
  par: '/oidc/par',
  deviceAuthorization: '/oidc/device/authorization',
  device: '/oidc/device',
  logout: '/oidc/logout',
  logoutConfirm: '/oidc/logout/confirm',
  logoutSuccess: '/oidc/logout/success',
} as const

/** Where people are asked: `/{uid}` follows. */
export const INTERACTION_PATH = '/oidc/interaction'
