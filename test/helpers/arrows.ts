import { posix } from 'node:path'

/** A part of src/: a folder in it, or a file directly in it. */
export interface Rule {
  /** The parts it may import besides itself. */
  readonly parts: readonly string[]
  /** Node's modules and packages it may import; `any` for an edge, whose business they are. */
  readonly outside: readonly string[] | 'any'
}

/** Path from the project's root (`src/core/ip.ts`) → source text. */
export type Sources = ReadonlyMap<string, string>

const COMMENT = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm
const IMPORT = /\b(?:from|import|require)\s*\(?\s*(['"])(?<target>[^'"\n]+)\1/g
/** `import(path)`, `require(name)`: nobody can say where they lead. `module.require` and `import.meta` are none. */
const COMPUTED = /(?<![.\w])(?:import|require)\s*\((?!\s*['"])/
const SETTINGS = /\bprocess\s*\.\s*(?:argv|env)\b|\bprocess\s*\[|=\s*process\b(?!\s*[.[])/
/** What the linter's rules on Date.now and the timers leave open. */
const WALL_CLOCK = /\bnew Date\(\)|(?<!new )\bDate\(\)|\bhrtime\b/

/** Every import that the rules do not allow, as a sentence that names the file. */
export function forbiddenImports(sources: Sources, rules: ReadonlyMap<string, Rule>): string[] {
  return [...sources].flatMap(([path, text]) => {
    const part = partOf(path)
    const rule = rules.get(part)
    if (!rule) return [`${path}: ${part} is in no row of the table in test/architecture.test.ts: add one`]
    return importsOf(text)
      .filter((target) => !isAllowed(target, path, rule))
      .map((target) => `${path} must not import ${target}: ${describe(part, rule)}`)
  })
}

/** Files whose text has `pattern` outside comments, less those that may. */
export function filesWith(sources: Sources, pattern: RegExp, may: (path: string) => boolean): string[] {
  return [...sources].filter(([path, text]) => !may(path) && pattern.test(code(text))).map(([path]) => path)
}

export const readsSettings = SETTINGS
export const readsWallClock = WALL_CLOCK
export const importsComputed = COMPUTED

export function importsOf(text: string): string[] {
  return [...code(text).matchAll(IMPORT)].map(({ groups }) => groups!['target']!)
}

function code(text: string): string {
  return text.replaceAll(COMMENT, '')
}

/** `src/core/ip.ts` → `core`; `src/check.ts` → `check.ts`; `test/…` → `test`. */
function partOf(path: string): string {
  const [top = '', second = ''] = path.split('/')
  return top === 'src' ? second : top
}

function isAllowed(target: string, from: string, { parts, outside }: Rule): boolean {
  if (!target.startsWith('.')) return outside === 'any' ? target !== 'node:process' : outside.includes(target)
  const part = partOf(posix.join(posix.dirname(from), target))
  return part === partOf(from) || parts.includes(part)
}

function describe(part: string, { parts, outside }: Rule): string {
  const others = parts.length === 0 ? 'nothing else of src' : parts.join(', ')
  const packages = outside === 'any' ? '' : `, and from outside ${outside.join(', ') || 'nothing'}`
  return `${part} may import ${others}${packages}`
}
