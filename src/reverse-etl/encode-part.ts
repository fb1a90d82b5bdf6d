/** The value of a field, or of a part of one, from a row. */
import type { ValueMap } from '../config/project.ts'
import type { FieldValue } from '../model/change.ts'
import { isNumber, type LogicalType } from '../model/logical-type.ts'
import type { TextRow } from '../warehouse/port.ts'
import { encodeValue, plainText, type Encoded } from './encode-value.ts'
import type { MappedPart } from './mapped-field.ts'
import { at, said, saidOf, type RefusalWords } from './refusal-words.ts'
import { renderTemplate } from './render-template.ts'

export type EncodedPart =
  | { readonly kind: 'value'; readonly value: FieldValue }
  /** A null that `omit_null` keeps out of the payload. */
  | { readonly kind: 'left_out' }
  /** `waits`: it may be there with another run, and until then the row is held. */
  | ({ readonly kind: 'problem'; readonly waits: boolean } & RefusalWords)

/** `path`: for the reason of a refusal. */
export function encodePart(part: MappedPart, values: TextRow, path: string): EncodedPart {
  const encoded = encodeByKind(part, values, path)
  return part.omitNull && encoded.kind === 'value' && encoded.value === null ? leftOut : encoded
}

function encodeByKind(part: MappedPart, values: TextRow, path: string): EncodedPart {
  switch (part.kind) {
    case 'value':
      return { kind: 'value', value: part.value }
    case 'column':
      return partOf(encodeColumn(part, values[part.column.name] ?? null), path)
    case 'template':
      return partOf(renderTemplate(part, values), path)
    case 'lookup':
      return encodeLookup(part, values, path)
    case 'object':
      return encodeObject(part, values, path)
    case 'array':
      return encodeArray(part, values, path)
  }
}

function encodeColumn(part: MappedPart & { readonly kind: 'column' }, text: string | null): Encoded {
  if (part.values === null || text === null) return encodeValue(text, part.column.type, part.type)
  const known = Object.hasOwn(part.values, text) ? text : sameNumber(part.values, text, part.column.type)
  if (known !== undefined) return { ok: true, value: part.values[known] ?? null }
  const words = saidOf(text.slice(0, 40), `is not among its values (${Object.keys(part.values).join(', ')})`)
  return { ok: false, ...words }
}

/** A double of 5 is 5.0 on DuckDB and 5 on Snowflake, and a decimal has the zeros of its scale. */
function sameNumber(values: ValueMap, text: string, type: LogicalType): string | undefined {
  if (!isNumber(type)) return undefined
  const plain = plainText(text)
  // As most are written: to look at hundreds of them takes longer than all else of a row.
  if (Object.hasOwn(values, plain)) return plain
  return Object.keys(values).find((each) => plainText(each) === plain)
}

/** A null that was looked for is a missing one; where our own key is null, there was nothing to look for. */
function encodeLookup(part: MappedPart & { readonly kind: 'lookup' }, values: TextRow, path: string): EncodedPart {
  const matches = values[part.matches.name] ?? null
  const text = values[part.column.name] ?? null
  if (matches !== null && Number(matches) > 1)
    return problem(path, said(`several rows of ${part.what} have this row's key; make the model one row per key`))
  if (matches === null || text !== null || part.onMissing === 'null')
    return partOf(encodeValue(text, part.column.type, part.type), path)
  return problem(path, said(`there is nothing for it in ${part.what}`), part.onMissing === 'hold')
}

/** With `omit_null` an object of which nothing is left is left out itself. */
function encodeObject(part: MappedPart & { readonly kind: 'object' }, values: TextRow, path: string): EncodedPart {
  const entries: (readonly [string, FieldValue])[] = []
  for (const [name, inner] of Object.entries(part.parts)) {
    const encoded = encodePart(inner, values, `${path}.${name}`)
    if (encoded.kind === 'problem') return encoded
    if (encoded.kind === 'value') entries.push([name, encoded.value])
  }
  // Exact numbers are values of JSON that TypeScript's Json does not name.
  const value = Object.fromEntries(entries) as FieldValue
  return part.omitNull && entries.length === 0 && Object.keys(part.parts).length > 0
    ? leftOut
    : { kind: 'value', value }
}

function encodeArray(part: MappedPart & { readonly kind: 'array' }, values: TextRow, path: string): EncodedPart {
  const items: FieldValue[] = []
  for (const [index, inner] of part.items.entries()) {
    const encoded = encodePart(inner, values, `${path}[${index}]`)
    if (encoded.kind === 'problem') return encoded
    if (encoded.kind === 'value') items.push(encoded.value)
  }
  // As above.
  const value = items as unknown as FieldValue
  return part.omitNull && items.length === 0 && part.items.length > 0 ? leftOut : { kind: 'value', value }
}

const partOf = (encoded: Encoded, path: string): EncodedPart =>
  encoded.ok ? { kind: 'value', value: encoded.value } : problem(path, encoded)

const problem = (path: string, words: RefusalWords, waits = false): EncodedPart => ({
  kind: 'problem',
  ...at(path, words),
  waits,
})

const leftOut: EncodedPart = { kind: 'left_out' }
