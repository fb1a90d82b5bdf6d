/** A row's mapped fields, encoded; and how two payloads differ. */
import type { Fields, FieldValue } from '../model/change.ts'
import type { TextRow } from '../warehouse/port.ts'
import { canonicalJson } from './canonical-json.ts'
import { encodeValue, type Encoded } from './encode-value.ts'
import { isExactNumber } from './exact-number.ts'
import type { MappedField, ResolvedMapping } from './mapping.ts'

/** `problem`: the first field that cannot be sent; the fields before it are there. */
export type Payload = { readonly fields: Fields; readonly problem: string | null }

export function encodeFields(mapped: readonly MappedField[], values: TextRow): Payload {
  const entries: (readonly [string, FieldValue])[] = []
  for (const field of mapped) {
    const encoded = encodeField(field, values)
    if (!encoded.ok) return { fields: Object.fromEntries(entries), problem: `${field.field}: ${encoded.reason}` }
    entries.push([field.field, encoded.value])
  }
  return { fields: Object.fromEntries(entries), problem: null }
}

/** The value of the match field, from a model's row, a snapshot's, or nothing but the key. null: it names no record. */
export function matchValueOf({ fields, match }: ResolvedMapping, values: TextRow): FieldValue {
  const field = fields.find((each) => each.field === match.field)
  const encoded = field && encodeField(field, values)
  return encoded?.ok ? encoded.value : null
}

/** The text by which the destination finds a record, as it compares it. null: this names none. */
export function recordKey({ match }: ResolvedMapping, value: FieldValue): string | null {
  if (value === null) return null
  if (isExactNumber(value)) return value.rawJSON
  return typeof value === 'object' ? null : normalise(String(value), match.normalise) || null
}

/** field → [old, new]; old is left out where it is not known. */
export function differencesOf(
  fields: Fields,
  previous: Fields | null,
): { readonly [field: string]: readonly FieldValue[] } {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): [string, readonly FieldValue[]][] => {
      const old = previous && Object.hasOwn(previous, name) ? previous[name] : undefined
      if (old === undefined) return [[name, [value]]]
      return canonicalJson(old) === canonicalJson(value) ? [] : [[name, [old, value]]]
    }),
  )
}

/** Trims what JavaScript calls white space; the warehouse trims the same characters. */
export function normalise(text: string, how: 'exact' | 'trim' | 'lower'): string {
  if (how === 'exact') return text
  return how === 'lower' ? text.trim().toLowerCase() : text.trim()
}

function encodeField(field: MappedField, values: TextRow): Encoded {
  if (field.kind === 'value') return { ok: true, value: field.value }
  const text = values[field.column.name] ?? null
  if (field.kind === 'opt_out')
    return { ok: true, value: text === null ? null : text === 'true' ? field.out : field.in }
  if (field.values === null || text === null) return encodeValue(text, field.column.type, field.type)
  if (Object.hasOwn(field.values, text)) return { ok: true, value: field.values[text] ?? null }
  return { ok: false, reason: `${text.slice(0, 40)} is not among its values (${Object.keys(field.values).join(', ')})` }
}
