/** What somebody tries first: secrets of tutorials and templates, written the usual ways. The one list of the Lab. */

const WORDS =
  'secret,secretkey,secret_key,secret-key,mysecret,my-secret,mysecretkey,my_secret_key,supersecret,super-secret,supersecretkey,' +
  'topsecret,shhhhh,secretsecretsecretsecret,your-secret,your_secret,your-256-bit-secret,your-384-bit-secret,your_jwt_secret,' +
  'a-string-secret-at-least-256-bits-long,jwtsecret,jwt_secret,jwt-secret,jwtsecretkey,jwt_secret_key,jwt,token,tokensecret,' +
  'accesstoken,access_token_secret,refresh_token_secret,auth,authsecret,authentication,session,sessionsecret,keyboard cat,keyboard,' +
  'cat,changeme,change-me,change_me,changethis,replace_me,default,example,demo,test,testing,test123,123456,12345678,password,' +
  'passw0rd,pass,admin,administrator,root,user,qwerty,letmein,welcome,iloveyou,monkey,dragon,sunshine,hello,helloworld,foobar,node,' +
  'nodejs,express,nextauth,django,laravel,spring,rails,flask,docker,production,development,staging,dev,local,key,private,privatekey,' +
  'private_key,signing,signingkey,hmac,sha256,hs256,bank,banking,money'

const YEARS = Array.from({ length: 17 }, (_, i) => String(2010 + i))
const NUMBERS = Array.from({ length: 31 }, (_, i) => String(i))
const ENDS = ['', '!', ...YEARS, ...NUMBERS, ...YEARS.map((year) => `${year}!`)]
const SPELLINGS: readonly ((word: string) => string)[] = [
  (word) => word,
  (word) => word.charAt(0).toUpperCase() + word.slice(1),
  (word) => word.toUpperCase(),
]

const guessesWith = (ends: readonly string[]): readonly string[] => {
  const words = WORDS.split(',')
  return SPELLINGS.flatMap((spell) => ends.flatMap((end) => words.map((word) => spell(word) + end)))
}

/** In the order in which they are tried. */
export const guesses = (): readonly string[] => guessesWith(ENDS)

/** The first of them, a few hundred: what a glance at a token tries. */
export const firstGuesses = (): readonly string[] => guessesWith(['', '1'])
