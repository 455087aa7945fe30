/** Reads which modules a TypeScript source text imports, without a compiler: comments, strings and regular expressions are skipped. */

export interface ImportLine {
  readonly specifier: string
  /** `static` covers `export ... from`; a `type` import leaves no trace in the built file. */
  readonly kind: 'static' | 'type' | 'dynamic'
}

// The order matters: at each place the first alternative that fits eats its text, so that an import inside a comment or a
// string is never seen as one.
const TOKENS = new RegExp(
  [
    String.raw`\/\*[\s\S]*?\*\/`,
    String.raw`\/\/[^\n]*`,
    String.raw`(?<=^|[=(,:;!&|?{}[\n]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*`,
    String.raw`(?<![.\w$#])(?<dynamic>import)\s*\(\s*(?:\/\*[\s\S]*?\*\/\s*)?(?<q1>['"\`])(?<lazy>[^'"\`\n]+)\k<q1>`,
    String.raw`(?<![.\w$#])import\s*(?<q2>['"])(?<bare>[^'"\n]+)\k<q2>`,
    String.raw`(?<![.\w$#])(?:import|export)\s+(?<type>type\s+(?!from\b|,))?(?:[\w$*{},\s]|\/\*[\s\S]*?\*\/|\/\/[^\n]*)*?(?<=[\s}])from\s*(?<q3>['"])(?<from>[^'"\n]+)\k<q3>`,
    String.raw`'(?:\\.|[^'\\\n])*'`,
    String.raw`"(?:\\.|[^"\\\n])*"`,
    '`(?:\\\\[\\s\\S]|[^`\\\\])*`',
  ].join('|'),
  'g',
)

export function importLines(source: string): readonly ImportLine[] {
  const found: ImportLine[] = []
  for (const { groups = {} } of source.matchAll(TOKENS)) {
    if (groups.lazy) found.push({ specifier: groups.lazy, kind: 'dynamic' })
    else if (groups.bare) found.push({ specifier: groups.bare, kind: 'static' })
    else if (groups.from) found.push({ specifier: groups.from, kind: groups.type ? 'type' : 'static' })
  }
  return found
}
