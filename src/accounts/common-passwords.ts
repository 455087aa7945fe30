/** Passwords that an attacker tries first: a small list of words and a few rules for what people make of them. */

/** @param lower a normalised password of 8 characters or more, in lower case */
export function isCommonPassword(lower: string): boolean {
  return COMMON.has(lower) || COMMON.has(withoutDecoration(lower)) || repeatsOnePiece(lower) || runsAlong(lower)
}

/** `Password123!` is `password`: digits and marks at the end, and letters written as digits, add next to nothing. */
function withoutDecoration(lower: string): string {
  return lower
    .replace(/[\d\W_]+$/u, '')
    .replaceAll('0', 'o')
    .replaceAll('@', 'a')
    .replaceAll('$', 's')
    .replaceAll('1', 'i')
    .replaceAll('3', 'e')
}

/** `aaaaaaaa`, `abcabcabc`, `12341234`. */
function repeatsOnePiece(lower: string): boolean {
  for (let length = 1; length <= 4; length++) {
    if (
      lower ===
      lower
        .slice(0, length)
        .repeat(Math.ceil(lower.length / length))
        .slice(0, lower.length)
    )
      return true
  }
  return false
}

/** `12345678`, `qwertyuiop`, `zyxwvuts`: one walk along a row of keys or the alphabet. */
function runsAlong(lower: string): boolean {
  return ROWS.some((row) => row.includes(lower))
}

const ROWS = [
  '01234567890',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop[]',
  'asdfghjkl;',
  'qwertzuiop',
  'azertyuiop',
  '1qaz2wsx3edc4rfv',
  'qazwsxedcrfvtgb',
  'q1w2e3r4t5y6',
].flatMap((row) => [row, [...row].reverse().join('')])

const COMMON: ReadonlySet<string> = new Set(
  `password passwort passw0rd password1 motdepasse contrasena wachtwoord parola senha
  letmein welcome willkommen bienvenue changeme changeit secret topsecret default master qwerty qwertz azerty
  iloveyou loveyou sunshine princess football baseball basketball superman batman spiderman pokemon starwars
  dragon monkey shadow michael jennifer jessica charlie trustno1 whatever freedom computer internet samsung
  administrator admin root login access guest test testing tester demo user username sojourn
  abcd1234 abc12345 a1b2c3d4 1q2w3e4r 1qaz2wsx q1w2e3r4 zaq12wsx qwer1234 asdf1234 qwerty123 asdfasdf qweasdzxc
  11223344 12121212 123123123 87654321 98765432 1234567890 0987654321 147258369 789456123 159357258 19841984
  mypassword yourpassword thepassword nopassword newpassword oldpassword password12 passpass
  hello helloworld goodmorning blink182 liverpool chelsea arsenal barcelona manchester juventus
  summer winter spring autumn january february september october november december monday
  corvette mercedes ferrari mustang yamaha harley jordan23 slipknot metallica nirvana
  babygirl lovelove jesuschrist butterfly chocolate cheese cookie flower forever friends family angel
  killer hunter ranger soccer hockey tigger pepper ginger cocacola matrix maverick phoenix
  correcthorsebatterystaple`.split(/\s+/),
)
