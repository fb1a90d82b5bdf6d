import { isScalar, LineCounter, parseDocument, visit, type Document, type Node } from 'yaml'
import type { Json } from '../model/json.ts'
import { MillraceError, type ErrorParts, type SourcePlace } from '../model/millrace-error.ts'
import type { ErrorCode } from '../model/error-catalogue.ts'
import { coverSecretForms, hideSecrets, type Hidden } from './literal-secret.ts'
import { mayShow, type OpenKeys } from './shown-values.ts'
import { projectFileName } from './project-paths.ts'
import { isNode, placeAt, placeFinder, rangeOf, scalarRange, type At, type Path } from './yaml-places.ts'

/** One parsed YAML file: its value, and where in the text each part of it stands. */
export type YamlFile = {
  /** Relative to the project. */
  readonly file: string
  /** For frames: literal secrets are covered. */
  readonly text: string
  readonly value: Json
  /** The place of a key or of its value. Where the path does not exist, the deepest part of it that does. */
  readonly placeOf: (path: Path, part: 'key' | 'value') => SourcePlace
  /** The same where connectors are known: of a connection's keys, the values of these may be seen. */
  readonly placesShowing: (openKeys: OpenKeys) => YamlFile['placeOf']
  /** Whether frames cover what stands there: messages do not show it either. */
  readonly isCovered: (path: Path) => boolean
  /** The spots where a literal secret stands, each reported by whoever loads the file. */
  readonly secrets: readonly { readonly path: Path; readonly reason: string; readonly place: SourcePlace }[]
}

export type Report = (code: ErrorCode, parts: ErrorParts) => void

/** Parses with positions. undefined: it cannot be used; whatever is wrong has been reported. */
export function parseYamlFile(text: string, file: string, report: Report): YamlFile | undefined {
  const shape = tooMuch(text)
  if (shape) return void report('MR-1102', { message: `${file} ${shape}`, next: 'Split it into several files.' })
  const lines = new LineCounter()
  // Duplicate keys are looked for below: the library's own check takes quadratic time.
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    prettyErrors: false,
    customTags: [],
    logLevel: 'error',
  })
  const isMain = file === projectFileName
  const hide = (openKeys?: OpenKeys) => hideSecrets(text, document, (path) => !isMain || mayShow(path, openKeys))
  const placesIn =
    (shown: string): At =>
    (start, end) =>
      placeAt({ file, text: shown, lines }, start, end)
  const hidden = hide()
  const at = placesIn(hidden.text)

  const unread = [...document.errors, ...document.warnings].map((problem) => syntaxFinding(problem, file, at))
  const problems = unread.length > 0 ? unread : nodeFindings(document, at)
  for (const { code, parts } of problems) report(code, withoutHidden(parts, text, lines))
  if (problems.length > 0) return undefined

  const value = toValue(document, file, report)
  if (value === undefined) return undefined
  return {
    file,
    text: hidden.text,
    value,
    placeOf: placeFinder(document, at),
    placesShowing: (openKeys) => placeFinder(document, placesIn(hide(openKeys).text)),
    isCovered(path) {
      const [start, end] = scalarRange(document, path) ?? [0, 0]
      return text.slice(start, end) !== hidden.text.slice(start, end)
    },
    secrets: withPlaces(hidden, at),
  }
}

/** For whoever collects. What was written where a name should stand may be a secret: messages do not repeat it. */
export const collectFindings =
  (findings: MillraceError[]): Report =>
  (code, parts) => {
    const next = (parts.next === undefined ? [] : [parts.next]).flat().map(coverSecretForms)
    findings.push(new MillraceError(code, { ...parts, message: coverSecretForms(parts.message), next }))
  }

/** Words about a value say no more of it than its frame. */
function withoutHidden(parts: ErrorParts, text: string, lines: LineCounter): ErrorParts {
  const { place } = parts
  if (!place) return parts
  const start = (lines.lineStarts[place.line - 1] ?? 0) + place.column - 1
  const [written, shown] = [text, place.text].map((each) => each.slice(start, start + place.length))
  if (!written || shown === undefined || written === shown) return parts
  const next = (parts.next === undefined ? [] : [parts.next]).flat()
  const clean = (words: string) => words.replaceAll(written, () => shown)
  return { ...parts, message: clean(parts.message), next: next.map(clean) }
}

type Finding = { readonly code: ErrorCode; readonly parts: ErrorParts }

/** Before the parser sees it: deep nesting overflows its stack. */
function tooMuch(text: string): string | undefined {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxBytes)
    return `is ${bytes.toLocaleString('en')} bytes; a YAML file may have ${maxBytes.toLocaleString('en')}`
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth)
    else if ((character === ']' || character === '}') && depth > 0) depth--
  }
  for (const [indent] of text.matchAll(/^(?: |- |\? )+/gm)) deepest = Math.max(deepest, indent.length / 2)
  return deepest > maxDepth ? `is nested more than ${maxDepth} levels deep` : undefined
}

function syntaxFinding(
  problem: { code: string; message: string; pos: [number, number] },
  file: string,
  at: At,
): Finding {
  const place = at(problem.pos[0], problem.pos[1])
  if (problem.code === 'MULTIPLE_DOCS')
    return {
      code: 'MR-1101',
      parts: {
        message: `${file} holds more than one document`,
        place,
        next: 'Write one file for each; `---` may not separate them here.',
      },
    }
  if (problem.code === 'TAG_RESOLVE_FAILED')
    return {
      code: 'MR-1101',
      parts: { message: 'YAML tags are not allowed', place, next: 'Remove the `!…` in front of the value.' },
    }
  if (problem.message.includes('call stack'))
    return { code: 'MR-1102', parts: { message: `${file} is nested too deep`, place } }
  return {
    code: 'MR-1101',
    parts: {
      message: `${file} cannot be parsed: ${firstLine(problem.message)}`,
      place,
      next: syntaxHint(problem.code),
    },
  }
}

const syntaxHint = (code: string) =>
  code === 'TAB_AS_INDENT'
    ? 'Indent with spaces.'
    : 'Mind the indentation, and quote text that has `: `, `#`, `{` or `*` in it.'

/** What parses as YAML and would still not be what was written. */
function nodeFindings(document: Document, at: At): Finding[] {
  const found: Finding[] = []
  const add = (node: Node, message: string, next: string, code: ErrorCode = 'MR-1101') =>
    found.push({ code, parts: { message, next, place: at(...rangeOf(node)) } })
  const anchors = new Map<string, Node>()
  const keepAnchor = (node: Node & { readonly anchor?: string | undefined }) =>
    node.anchor !== undefined && anchors.set(node.anchor, node)
  visit(document, {
    Alias(part, alias, around) {
      const anchor = anchors.get(alias.source)
      if (part !== 'key' && (anchor === undefined || around.includes(anchor)))
        add(
          alias,
          anchor
            ? `\`*${alias.source}\` stands within its own anchor`
            : `there is no anchor \`${alias.source}\` before this`,
          `Quote it where it is text: '*${alias.source}'.`,
        )
    },
    Seq: (_, list) => void keepAnchor(list),
    Map(_, map) {
      keepAnchor(map)
      const seen = new Set<string>()
      for (const { key } of map.items) {
        if (!isScalar(key)) {
          if (isNode(key)) add(key, 'a key must be plain text', 'Quote it if it begins with `*`, `[` or `{`.')
          continue
        }
        const name = String(key.value)
        if (name === '<<' && key.type === 'PLAIN')
          add(key, 'merge keys (`<<`) are not taken', 'Write the keys out, or give the whole value by its alias.')
        else if (seen.has(name)) add(key, `the key \`${name}\` stands twice`, 'Keep one of them.')
        else if (typeof key.value !== 'string' && key.source !== undefined && key.source !== name)
          add(key, `the key \`${key.source}\` is read as ${name}`, `Quote it: '${key.source}'.`)
        seen.add(name)
      }
    },
    Scalar(part, scalar) {
      keepAnchor(scalar)
      const written = scalar.source
      if (isLossyNumber(scalar.value, written))
        add(scalar, `the number ${written} does not fit exactly`, `Quote it: '${written}'.`, 'MR-1201')
      else if (part !== 'key' && isOtherNumber(scalar.value, written))
        add(
          scalar,
          `the number ${written} is not read as it is written`,
          `Quote it: '${written}'. As a number, write it in decimal digits, with no \`0\` or \`+\` in front.`,
          'MR-1201',
        )
      // Nobody can store it: not what it was sent as, and not what was answered.
      else if (typeof scalar.value === 'string' && !scalar.value.isWellFormed())
        add(
          scalar,
          'the text holds half of a character (a lone surrogate)',
          'Write the character itself, or both halves: "\\ud83d\\ude00".',
          'MR-1201',
        )
    },
  })
  return found
}

/** A number whose digits JavaScript cannot hold as they are written. */
function isLossyNumber(value: unknown, source: string | undefined): boolean {
  if (typeof value !== 'number') return false
  if (!Number.isFinite(value)) return true
  if (Number.isInteger(value)) return !Number.isSafeInteger(value)
  return (source ?? '').replace(/e.*$/i, '').replace(/[^\d]/g, '').replace(/^0+/, '').length > 15
}

/** A number that YAML reads in its own way: `0x1F`, `0o17`, and as 1234 what may be a postcode, `01234`. */
const isOtherNumber = (value: unknown, source: string | undefined): boolean =>
  typeof value === 'number' && source !== undefined && !plainNumber.test(source)

const plainNumber = /^-?(?:0|[1-9]\d*)?(?:\.\d*)?(?:e[-+]?\d+)?$/i

/** Anchors may repeat, but not explode ("billion laughs"). */
function toValue(document: Document, file: string, report: Report): Json | undefined {
  try {
    const value: unknown = document.toJS({ maxAliasCount: maxAliases })
    return (value ?? {}) as Json // every scalar is a JSON scalar: custom tags and lossy numbers were refused
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const tooMany = message.includes('alias')
    report(tooMany ? 'MR-1102' : 'MR-1101', {
      message: tooMany
        ? `the anchors of ${file} expand to more than ${maxAliases} values`
        : `${file} cannot be read: ${firstLine(message)}`,
      next: 'Write the values out.',
      cause: error,
    })
    return undefined
  }
}

const withPlaces = (hidden: Hidden, at: At): YamlFile['secrets'] =>
  hidden.found.map(({ path, reason, range }) => ({ path, reason, place: at(range[0], range[1]) }))

const firstLine = (message: string) => message.split('\n')[0] ?? message

const maxBytes = 1_000_000
const maxDepth = 64
const maxAliases = 100
