import { MillraceError, type SourcePlace } from '../model/millrace-error.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { ModelMacros } from '../model/model-macros.ts'
import { findBraces, type Argument, type Brace, type Call } from './brace-calls.ts'
import { macroNames, readMacro, type Refuse, type WriteMacro } from './macro-forms.ts'
import type { ModelFile, Project } from './project.ts'
import { readSqlTokens } from './sql-tokens.ts'
import type { Report } from './yaml-file.ts'

export type Reference = { readonly place: SourcePlace } & (
  | { readonly kind: 'source'; readonly sync: string; readonly table: string }
  | { readonly kind: 'ref'; readonly model: string }
)

/** What a reference becomes in SQL. */
export type ReferenceNames = {
  readonly source: (sync: string, table: string) => string
  readonly ref: (model: string) => string
}

type ModelText = Pick<ModelFile, 'file' | 'sql' | 'warehouse'>

/** Every source and ref of a model's file, in macros too; whatever between double braces is none of these is reported. */
export function findReferences(model: ModelText, report: Report): readonly Reference[] {
  const { sql, file } = model
  const placeOf = ({ start, end }: Span) => placeIn(sql, file, start, end - start)
  const refuse: Refuse = (at, message, next) => report('MR-1201', { message, next, place: placeOf(at) })
  const references: Reference[] = []
  const visit = (call: Call, shown: Span) => {
    const read = readCall(call, { sql, shown, refuse })
    if (read?.kind === 'source' || read?.kind === 'ref') references.push({ ...read, place: placeOf(shown) })
    for (const nested of nestedCalls(call)) visit(nested, nested)
  }
  for (const brace of bracesOf(model)) {
    const call = readBrace(brace, { sql, refuse })
    if (call) visit(call, brace)
  }
  return references
}

/** The model's SQL with everything between double braces replaced, and nothing behind it: it can stand in a view or in parentheses. */
export function renderModel(model: ModelText, names: ReferenceNames & ModelMacros): string {
  const { sql, file } = model
  const refuse: Refuse = (_, message, next) => {
    throw new MillraceError('MR-1201', { message: `${file}: ${message}`, next })
  }
  const write = (call: Call, shown: Span = call): string => {
    const read = readCall(call, { sql, shown, refuse })
    if (read?.kind === 'source') return names.source(read.sync, read.table)
    if (read?.kind === 'ref') return names.ref(read.model)
    return read?.write(names, (index) => writeArgument(sql, call.args[index], write)) ?? ''
  }
  let written = ''
  let at = 0
  for (const brace of bracesOf(model)) {
    const call = readBrace(brace, { sql, refuse })
    written += sql.slice(at, brace.start) + (call ? write(call, brace) : '')
    at = brace.end
  }
  return written + sql.slice(at, Math.max(at, endOfSelect(model)))
}

/** Comments and semicolons behind it would take what comes after them along, or be a statement of their own. */
function endOfSelect({ sql, warehouse }: ModelText): number {
  const tokens = readSqlTokens(sql, { escapes: warehouse === 'snowflake' })
  return tokens.findLast(({ kind, text }) => kind !== 'comment' && text !== ';')?.end ?? 0
}

/** The names as the warehouse has them: a sync's schema and its table, and the views of `models`. */
export function warehouseNames(project: Project, quote: (identifier: string) => string): ReferenceNames {
  const schemas = new Map(project.syncs.flatMap((sync) => (sync.kind === 'etl' ? [[sync.name, sync.schema]] : [])))
  return {
    source: (sync, table) => `${quote(schemas.get(sync) ?? sync)}.${quote(table)}`,
    ref: (model) => `${quote('models')}.${quote(model)}`,
  }
}

export function placeIn(text: string, file: string, offset: number, length: number): SourcePlace {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  const lineEnd = text.indexOf('\n', offset)
  const stop = Math.min(offset + length, lineEnd === -1 ? text.length : lineEnd)
  return {
    file,
    text,
    line: before.split('\n').length,
    column: offset - lineStart + 1,
    length: Math.max(1, stop - offset),
  }
}

type Span = { readonly start: number; readonly end: number }

const bracesOf = ({ sql, warehouse }: ModelText): readonly Brace[] =>
  findBraces(sql, { escapes: warehouse === 'snowflake', isCall: (name) => callNames.includes(name) })

/** The one call that stands in the braces. undefined: it was refused. */
function readBrace(brace: Brace, { sql, refuse }: { readonly sql: string; readonly refuse: Refuse }): Call | undefined {
  const { content, before } = brace
  if (content === 'literal')
    return void refuse(
      brace,
      'double braces inside of quotes: nothing is replaced there',
      "Close the quote before them; as a text they are written '{' || '{'.",
    )
  if (content === 'broken') return void refuseUnknown(brace, { sql, refuse })
  const nested = nestedCalls(content).find(({ name }) => name === 'flatten')
  const isTable = /^(from|join|,)$/i.test(before?.text ?? '')
  const misplaced = nested ?? (content.name === 'flatten' && !isTable ? brace : undefined)
  if (misplaced)
    return void refuse(
      misplaced,
      'flatten is a table',
      'It stands after from, join or a comma:  cross join {{ flatten(items) }} as item',
    )
  return content
}

type ReadCall =
  | { readonly kind: 'source'; readonly sync: string; readonly table: string }
  | { readonly kind: 'ref'; readonly model: string }
  | { readonly kind: 'macro'; readonly write: WriteMacro }

/** undefined: it was refused. */
function readCall(
  call: Call,
  { sql, shown, refuse }: { readonly sql: string; readonly shown: Span; readonly refuse: Refuse },
): ReadCall | undefined {
  if (macroNames.includes(call.name)) {
    const write = readMacro(call, refuse)
    return write && { kind: 'macro', write }
  }
  const names = call.args.map(({ start, end }) => /^(['"])([\w-]+)\1$/.exec(sql.slice(start, end))?.[2])
  const [first, second] = names
  const isWord = (name: string | undefined): name is string => name !== undefined && /^\w+$/.test(name)
  if (call.name === 'source' && names.length === 2 && first !== undefined && isWord(second))
    return { kind: 'source', sync: first, table: second }
  if (call.name === 'ref' && names.length === 1 && isWord(first)) return { kind: 'ref', model: first }
  return void refuseUnknown(shown, { sql, refuse })
}

function refuseUnknown(shown: Span, { sql, refuse }: { readonly sql: string; readonly refuse: Refuse }): void {
  const text = sql.slice(shown.start, shown.end)
  const name = /^(?:\{\{\s*)?(\w+)/.exec(text)?.[1]
  const near = name === undefined || callNames.includes(name) ? undefined : didYouMean(name, callNames)
  refuse(
    shown,
    `\`${text.replace(/\s+/g, ' ').slice(0, 60)}\` is neither a source, a ref nor a macro`,
    near ? `Did you mean \`${near}\`? ${forms}` : forms,
  )
}

const nestedCalls = (call: Call): readonly Call[] => call.args.flatMap(({ calls }) => calls)

/** Without its comments, and with the calls in it replaced. */
function writeArgument(sql: string, argument: Argument | undefined, write: (call: Call) => string): string {
  let written = ''
  let at: number | undefined
  let skipTo = -1
  for (const token of argument?.tokens ?? []) {
    if (token.start < skipTo) continue
    if (at !== undefined && token.start > at) written += ' '
    const call = argument?.calls.find(({ start }) => start === token.start)
    written += call ? write(call) : token.text
    at = call?.end ?? token.end
    if (call) skipTo = call.end
  }
  return written
}

export const callNames = ['source', 'ref', ...macroNames]
const forms = `Write {{ source('sync', 'table') }}, {{ ref('model') }} or a macro: ${macroNames.join(', ')}.`
