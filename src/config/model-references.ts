import { MillraceError, type SourcePlace } from '../model/millrace-error.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { Model, Project } from './project.ts'
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

/** Every `{{ source('sync', 'table') }}` and `{{ ref('model') }}`; anything else between double braces is reported. */
export function findReferences(sql: string, file: string, report: Report): readonly Reference[] {
  return [...sql.matchAll(braces)].flatMap((match) => {
    const place = placeIn(sql, file, match.index, match[0].length)
    const reference = parseReference(match[0])
    if (reference) return [{ ...reference, place }]
    const call = /^\{\{\s*(\w+)/.exec(match[0])?.[1]
    const near = call === undefined ? undefined : didYouMean(call, ['source', 'ref'])
    report('MR-1201', {
      message: `${show(match[0])} is neither a source nor a ref`,
      next: near ? `Did you mean \`${near}\`? ${forms}` : `Only two things go between double braces. ${forms}`,
      place,
    })
    return []
  })
}

/** The model's SQL with its references replaced, and nothing behind it: it can stand in a view or in parentheses. */
export function renderModel(model: Model, names: ReferenceNames): string {
  const sql = model.sql.replace(braces, (text) => {
    const reference = parseReference(text)
    if (!reference)
      throw new MillraceError('MR-1201', {
        message: `${model.file}: ${show(text)} is neither a source nor a ref`,
        next: forms,
      })
    return reference.kind === 'source' ? names.source(reference.sync, reference.table) : names.ref(reference.model)
  })
  return sql.trimEnd().replace(/(\s*;)+$/, '')
}

/** The names as the warehouse has them: a sync's schema and its table, and the views of `models`. */
export function warehouseNames(project: Project, quote: (identifier: string) => string): ReferenceNames {
  const schemas = new Map(project.syncs.flatMap((sync) => (sync.kind === 'etl' ? [[sync.name, sync.schema]] : [])))
  return {
    source: (sync, table) => `${quote(schemas.get(sync) ?? sync)}.${quote(table)}`,
    ref: (model) => `${quote('models')}.${quote(model)}`,
  }
}

function parseReference(
  text: string,
): { kind: 'source'; sync: string; table: string } | { kind: 'ref'; model: string } | undefined {
  const source = sourceForm.exec(text)
  if (source?.[2] !== undefined && source[4] !== undefined) return { kind: 'source', sync: source[2], table: source[4] }
  const ref = refForm.exec(text)
  return ref?.[2] === undefined ? undefined : { kind: 'ref', model: ref[2] }
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

const show = (text: string) => `\`${text.replace(/\s+/g, ' ').slice(0, 60)}\``

// A `{{` that is never closed matches to the end of its line, and is then refused.
const braces = /\{\{(?:[^}\n]|\}(?!\}))*(?:\}\}|$)/gm
const sourceForm = /^\{\{\s*source\(\s*(['"])([\w-]+)\1\s*,\s*(['"])(\w+)\3\s*\)\s*\}\}$/
const refForm = /^\{\{\s*ref\(\s*(['"])(\w+)\1\s*\)\s*\}\}$/
const forms = "Write {{ source('sync', 'table') }} or {{ ref('model') }}."
