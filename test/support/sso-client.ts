/** What the applications of tests call themselves at a foreign provider. */
export const SECRET = 'a secret of tests, 0123456789 abcdefghijk'
export const CLIENT = { clientId: 'app', clientSecret: 'a client secret of tests 0123456789' }
