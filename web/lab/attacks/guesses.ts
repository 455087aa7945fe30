/** What somebody tries first: words of tutorials and templates, written the usual ways. */

const WORDS =
  'secret secretkey secret_key secret-key mysecret mysecretkey my_secret_key supersecret super-secret supersecretkey topsecret shhhhh ' +
  'your-256-bit-secret your_jwt_secret jwtsecret jwt_secret jwt-secret jwtsecretkey jwt_secret_key jwt token tokensecret accesstoken ' +
  'access_token_secret refresh_token_secret auth authsecret authentication session sessionsecret keyboard cat changeme change_me ' +
  'changethis replace_me default example demo test testing test123 password passw0rd pass admin administrator root user qwerty ' +
  'letmein welcome iloveyou monkey dragon sunshine hello helloworld foobar node nodejs express nextauth django laravel spring rails ' +
  'flask docker production development staging local key private privatekey private_key signing signingkey hmac sha256 hs256 bank ' +
  'banking money'

const YEARS = Array.from({ length: 17 }, (_, i) => String(2010 + i))
const NUMBERS = Array.from({ length: 31 }, (_, i) => String(i))
const ENDS = ['', '!', ...YEARS, ...NUMBERS, ...YEARS.map((year) => `${year}!`)]
const SPELLINGS: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.charAt(0).toUpperCase() + word.slice(1),
  (word) => word.toUpperCase(),
]

/** In the order in which they are tried. */
export function guesses(): readonly string[] {
  const words = WORDS.split(' ')
  return SPELLINGS.flatMap((spell) => ENDS.flatMap((end) => words.map((word) => spell(word) + end)))
}
