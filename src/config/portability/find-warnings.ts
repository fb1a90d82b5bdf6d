/** Where a model says what is not the same on both warehouses. Warnings: nothing is translated, and nothing is refused. */
import type { SourcePlace } from '../../model/millrace-error.ts'
import { findBraces, type Call } from '../brace-calls.ts'
import { chooseFile, warehouseTitles, warehouseTypes } from '../model-files.ts'
import { callNames, placeIn } from '../model-references.ts'
import type { Model, ModelFile, Project } from '../project.ts'
import { readSqlTokens } from '../sql-tokens.ts'
import { functionRules } from './functions.ts'
import type { PortabilityRule } from './rule.ts'
import { syntaxRules } from './syntax.ts'

export type PortabilityWarning = {
  readonly message: string
  /** What to write instead. */
  readonly next: string
  readonly place: SourcePlace
}

/** Has the project targets of both types? */
export const usesBothWarehouses = ({ targets }: Pick<Project, 'targets'>): boolean =>
  warehouseTypes.every((type) => Object.values(targets).some(({ warehouse }) => warehouse.type === type))

/** In the order of the files and of the places in them, one for a place. */
export const findPortabilityWarnings = (models: readonly Model[]): readonly PortabilityWarning[] =>
  models.flatMap((model) => {
    const chosen = warehouseTypes.map((type) => chooseFile(model, type))
    const [first] = chosen
    // A file that one warehouse alone reads may say whatever that one understands.
    const warnings = first && chosen.every((file) => file === first) ? findInSql(first) : []
    return [...missingFile(model), ...warnings]
  })

function missingFile(model: Model): readonly PortabilityWarning[] {
  const lacking = warehouseTypes.find((type) => !chooseFile(model, type))
  const [file] = model.files
  if (lacking === undefined || !file) return []
  return [
    {
      message: `the model \`${model.name}\` is not there on ${warehouseTitles[lacking]}`,
      next: `Write ${file.file.replace(/\.\w+\.sql$/, `.${lacking}.sql`)}, or ${file.file.replace(/\.\w+\.sql$/, '.sql')} for both.`,
      place: placeIn(file.sql, file.file, 0, 1),
    },
  ]
}

export function findInSql({ sql, file }: Pick<ModelFile, 'sql' | 'file'>): readonly PortabilityWarning[] {
  const found = new Map<number, { readonly length: number; readonly message: string; readonly next: string }>()
  const code = codeOf(sql)
  for (const rule of [...functionRules, ...syntaxRules])
    for (const match of code.matchAll(rule.pattern)) {
      const blanks = /^[\s(]*/.exec(match[0])?.[0].length ?? 0
      const start = match.index + (blanks < match[0].length ? blanks : 0)
      const text = sql.slice(start, match.index + match[0].length).trimEnd()
      if (!found.has(start)) found.set(start, { length: text.length, ...sayRule(rule, text) })
    }
  for (const { kind, text, start } of readSqlTokens(sql, { escapes: false })) {
    const said = kind === 'string' ? inString(text) : kind === 'identifier' ? inIdentifier(text) : undefined
    if (said && !found.has(start)) found.set(start, { length: text.length, ...said })
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([start, { length, message, next }]) => ({ message, next, place: placeIn(sql, file, start, length) }))
}

function sayRule({ why, instead, lackedBy }: PortabilityRule, text: string) {
  const shown = text
    .replace(/\s+/g, ' ')
    .replace(/\s*\($/, '')
    .slice(0, 40)
  const what = lackedBy === null ? 'is not the same on both warehouses' : `does not run on ${warehouseTitles[lackedBy]}`
  return { message: `\`${shown}\` ${what}: ${why}`, next: `Write ${instead}.` }
}

const inString = (text: string) =>
  text.startsWith("'") && text.includes('\\')
    ? {
        message: 'a backslash in a text is a letter on DuckDB and begins an escape on Snowflake',
        next: "Write chr(92):  'a' || chr(92) || 'b'.",
      }
    : undefined

const inIdentifier = (text: string) =>
  /[a-z]/.test(text)
    ? {
        message: `${text.slice(0, 40)} is found in this case only on Snowflake, where names are kept in upper case`,
        next: 'Write it without quotes.',
      }
    : undefined

/** The SQL with all that is no code blanked out, each character where it was: comments, texts, names in quotes, names of macros. */
function codeOf(sql: string): string {
  const code = [...sql.replace(/[\uD800-\uDFFF]/g, '_')]
  const blank = (start: number, end: number, by: string) => {
    for (let at = start; at < end; at++) if (code[at] !== '\n') code[at] = by
  }
  for (const { kind, text, start, end } of readSqlTokens(sql, { escapes: false })) {
    if (kind === 'comment') blank(start, end, ' ')
    else if ((kind === 'string' && text.startsWith("'")) || kind === 'identifier') blank(start + 1, end - 1, '_')
  }
  const blankNames = (call: Call) => {
    if (call.name !== 'flatten') blank(call.start, call.start + call.name.length, '_')
    for (const nested of call.args.flatMap(({ calls }) => calls)) blankNames(nested)
  }
  const braces = findBraces(sql, { escapes: false, isCall: (name) => callNames.includes(name) })
  for (const { content } of braces) if (typeof content === 'object') blankNames(content)
  return code.join('')
}
