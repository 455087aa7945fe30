/** Wycheproof's JSON Web Signatures. */
import type { Jwk } from '../../src/token/jwk.ts'
import { foreign } from './compact.ts'
import { type Folder, type WycheproofFile, type WycheproofTest, wantedBy } from './files.ts'
import { HERE, type Judge } from './judge.ts'
import type { Case, Suite } from './suite.ts'

interface TokenGroup {
  readonly public?: Jwk
  readonly private: Jwk
  readonly tests: readonly (WycheproofTest & { readonly jws: string })[]
}

interface KeySetGroup {
  readonly public?: { readonly keys: readonly Jwk[] }
  readonly private: { readonly keys: readonly Jwk[] }
  readonly tests: readonly (WycheproofTest & { readonly jws: string })[]
}

export function tokenSuites(folder: Folder, judge: Judge = HERE): readonly Suite[] {
  return [tokens(folder, judge), keySets(folder, judge)]
}

function tokens(folder: Folder, judge: Judge): Suite {
  const name = 'json_web_signature_test'
  const path = `wycheproof/${name}.json`
  const file = folder.read<WycheproofFile<TokenGroup>>(path)
  const wanted = wantedBy(folder, name)
  const cases = file.testGroups.flatMap((group) => {
    const jwk = group.public ?? group.private
    return group.tests.map((test): Case => {
      const label = wanted(test)
      const common = { id: String(test.tcId), wanted: label, run: () => judge.compact(test.jws, jwk) }
      const reason = label === 'accept' ? foreign(jwk) : null
      return reason === null ? common : { ...common, skip: reason }
    })
  })
  return { file: path, numberOfTests: file.numberOfTests, cases }
}

function keySets(folder: Folder, judge: Judge): Suite {
  const name = 'json_web_key_test'
  const path = `wycheproof/${name}.json`
  const file = folder.read<WycheproofFile<KeySetGroup>>(path)
  const wanted = wantedBy(folder, name)
  const cases = file.testGroups.flatMap((group) => {
    const set = group.public ?? group.private
    return group.tests.map(
      (test): Case => ({ id: String(test.tcId), wanted: wanted(test), run: () => judge.fromSet(test.jws, set.keys) }),
    )
  })
  return { file: path, numberOfTests: file.numberOfTests, cases }
}
