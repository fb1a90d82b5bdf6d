/** Reads what stands behind a field in `map`: a union of zod would only say that no form of many fits. */
import { z } from 'zod'
import { editDistance } from '../model/did-you-mean.ts'
import { boundWords } from '../model/issue-words.ts'
import { parseTemplate } from '../template/template.ts'
import { someName, strict, type json } from './file-schema.ts'
import {
  column,
  constant,
  forms,
  formWords,
  lookup,
  mappingId,
  omitNull,
  optOut,
  setIfEmpty,
  template,
  words,
  type lookUp,
} from './mapping-forms.ts'
import type { ModelLookup, ValueMap } from './project.ts'

export const mapping = z
  .unknown()
  .transform((value, context): MappingForm => {
    const form = readForm(value, {
      path: [],
      // Zod's own issues, with longer paths, or of the same shape.
      add: (issue) => context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue),
    })
    return form ?? z.NEVER
  })
  .meta({ id: mappingId })

/** A form as it was read; `omitNull: null` where it does not say. */
export type MappingForm = { readonly omitNull: boolean | null; readonly setIfEmpty: boolean } & (
  | { readonly kind: 'column'; readonly column: string; readonly values: ValueMap | null }
  | { readonly kind: 'value'; readonly value: JsonValue }
  | { readonly kind: 'template'; readonly template: string }
  | { readonly kind: 'lookup'; readonly lookup: ModelLookup }
  | { readonly kind: 'record'; readonly object: string; readonly by: string; readonly column: string }
  | { readonly kind: 'object'; readonly parts: { readonly [name: string]: MappingForm } }
  | { readonly kind: 'array'; readonly items: readonly MappingForm[] }
  | {
      readonly kind: 'opt_out'
      readonly column: string
      readonly out: JsonValue
      readonly in: JsonValue
      readonly allowOptIn: boolean
    }
)

type JsonValue = z.output<typeof json>

type Reader = {
  readonly path: readonly PropertyKey[]
  readonly add: (issue: { readonly code: string; readonly path: readonly PropertyKey[] }) => void
}

function readForm(value: unknown, reader: Reader): MappingForm | undefined {
  if (typeof value === 'string' && value !== '') return { kind: 'column', column: value, values: null, ...plain }
  if (Array.isArray(value)) {
    const items = readParts(Object.entries(value), reader)
    return items && { kind: 'array', items: Object.values(items), ...plain }
  }
  if (typeof value !== 'object' || value === null) return refuse(reader, forms)
  const keys = Object.keys(value)
  const word = formWords.find((each) => keys.includes(each))
  if (word !== undefined) return readWord(word, value, reader)
  // Words that belong to a form whose own is missing.
  if (keys.includes('values')) return readWord('column', value, reader)
  if (keys.includes('allow_opt_in')) return readWord('opt_out', value, reader)
  const misspelt = keys.find((key) => words.some((each) => editDistance(key.slice(0, 40).toLowerCase(), each) <= 1))
  if (keys.length === 0) return refuse(reader, forms)
  if (misspelt !== undefined)
    return addIssue(reader, { code: 'unrecognized_keys', keys: [misspelt], message: words.join(' ') })
  const parts = readParts(Object.entries(value), reader)
  return parts && { kind: 'object', parts, ...plain }
}

function readWord(word: (typeof formWords)[number], value: object, reader: Reader): MappingForm | undefined {
  const isPart = reader.path.length > 0
  const whole = { omit_null: omitNull, ...(isPart ? {} : { set_if_empty: setIfEmpty }) }
  switch (word) {
    case 'column': {
      const read = parse(strict({ ...column, ...whole }), value, reader)
      return read && { kind: 'column', column: read.column, values: read.values ?? null, ...optionsOf(read) }
    }
    case 'value': {
      const read = parse(strict({ ...constant, ...(isPart ? {} : { set_if_empty: setIfEmpty }) }), value, reader)
      return read && { kind: 'value', value: read.value, ...optionsOf(read) }
    }
    case 'template': {
      const read = parse(strict({ ...template, ...whole }), value, reader)
      if (!read || !readTemplate(read.template, reader)) return undefined
      return { kind: 'template', template: read.template, ...optionsOf(read) }
    }
    case 'lookup': {
      const read = parse(strict({ ...lookup, ...whole }), value, reader)
      if (!read) return undefined
      if ('model' in read.lookup) return { kind: 'lookup', lookup: lookupOf(read.lookup), ...optionsOf(read) }
      return isPart
        ? refuse(reader, 'a record at the destination is named by a field of its own, not by a part of one')
        : { kind: 'record', ...read.lookup, ...optionsOf(read) }
    }
    case 'opt_out': {
      if (isPart) return refuse(reader, 'an opt-out is a field of its own: write its path with dots')
      const read = parse(strict(optOut), value, reader)
      return (
        read && {
          kind: 'opt_out',
          column: read.opt_out,
          out: read.values.true,
          in: read.values.false,
          allowOptIn: read.allow_opt_in,
          ...plain,
        }
      )
    }
    case 'object': {
      const read = parse(strict({ object: z.record(someName, z.unknown()), ...whole }), value, reader)
      const parts = read && readParts(Object.entries(read.object), { ...reader, path: [...reader.path, 'object'] })
      return read && parts && { kind: 'object', parts, ...optionsOf(read) }
    }
  }
}

function readParts(entries: readonly [string, unknown][], reader: Reader): { [name: string]: MappingForm } | undefined {
  const parts = entries.map(
    ([name, part]) => [name, readForm(part, { ...reader, path: [...reader.path, name] })] as const,
  )
  const good = parts.flatMap(([name, part]) => (part ? [[name, part] as const] : []))
  return good.length === parts.length ? Object.fromEntries(good) : undefined
}

/** Columns are known when the model is read; the rest is checked here. */
function readTemplate(text: string, reader: Reader): boolean {
  const parsed = parseTemplate(text)
  if (!('problem' in parsed)) return true
  const { reason, line, column: at } = parsed.problem
  addIssue(
    { ...reader, path: [...reader.path, 'template'] },
    { code: 'custom', message: reason, params: { inText: { text, line, column: at } } },
  )
  return false
}

function lookupOf({ model, by, column: taken, on_missing }: LookupFile): ModelLookup {
  const pairs =
    typeof by === 'string' ? [[by, by]] : Array.isArray(by) ? by.map((name) => [name, name]) : Object.entries(by)
  return {
    model,
    by: pairs.map(([ours = '', theirs = '']) => ({ ours, theirs })),
    column: taken,
    onMissing: on_missing ?? 'null',
  }
}

type LookupFile = Extract<z.output<typeof lookUp>, { readonly model: string }>

function parse<Schema extends z.ZodType>(schema: Schema, value: object, reader: Reader): z.output<Schema> | undefined {
  const result = schema.safeParse(value, { error: boundWords })
  if (result.success) return result.data
  for (const issue of result.error.issues) reader.add({ ...issue, path: [...reader.path, ...issue.path] })
  return undefined
}

const refuse = (reader: Reader, message: string): undefined => addIssue(reader, { code: 'custom', message })

function addIssue(
  { path, add }: Reader,
  issue: { readonly code: string; readonly [part: string]: unknown },
): undefined {
  add({ ...issue, path })
}

const optionsOf = (read: { readonly omit_null?: boolean | undefined; readonly set_if_empty?: unknown }) => ({
  omitNull: read.omit_null ?? null,
  setIfEmpty: read.set_if_empty === true,
})

const plain = { omitNull: null, setIfEmpty: false } as const
