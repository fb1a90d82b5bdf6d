/** A row's mapped fields, encoded; and how two payloads differ. */
import type { Fields, FieldValue } from '../model/change.ts'
import type { Candidate, TextRow } from '../warehouse/port.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { encodePart, type EncodedPart } from './encode-part.ts'
import { isExactNumber } from './exact-number.ts'
import type { FieldLimits, MappedField } from './mapped-field.ts'
import type { ResolvedMapping } from './mapping.ts'
import { at, said } from './refusal-words.ts'

/**
 * `fields`: what goes. `problem`: the first field that cannot be sent, for which the others wait; `waits` where that is no
 * refusal but a lookup with `on_missing: hold`.
 */
export type Payload = {
  readonly fields: Fields
  readonly problem: string | null
  readonly waits: boolean
  /** Of the fields, those that go only where the destination's are empty. */
  readonly setIfEmpty: readonly string[]
}

export function encodeFields(mapped: readonly MappedField[], values: TextRow): Payload {
  const entries: (readonly [string, FieldValue])[] = []
  const setIfEmpty: string[] = []
  let problem: { readonly reason: string; readonly waits: boolean } | undefined
  for (const field of mapped) {
    const encoded = encodeField(field, values)
    // A refusal says more than a wait.
    if (encoded.kind === 'problem') problem = problem && !problem.waits ? problem : encoded
    else if (encoded.kind === 'value') {
      entries.push([field.field, encoded.value])
      if (isSetIfEmpty(field)) setIfEmpty.push(field.field)
    }
  }
  return {
    fields: Object.fromEntries(entries),
    problem: problem?.reason ?? null,
    waits: problem?.waits ?? false,
    setIfEmpty,
  }
}

/** What the destination last accepted of a row. null: not known, as of a column that was mapped after that; not that it is empty. */
export const acceptedFields = (
  { fields }: ResolvedMapping,
  { previous, previousState, sameMapping }: Candidate,
): Fields | null =>
  previous && previousState === 'accepted' && sameMapping ? encodeFields(fields, previous).fields : null

/** What makes two payloads the same. A field that is only set where it is empty is another one than one that is set. */
export const payloadHash = (mapping: Pick<ResolvedMapping, 'match'>, { fields, setIfEmpty }: Payload): string =>
  hashOf(
    canonicalJson({
      match: mapping.match.field,
      fields,
      setIfEmpty: setIfEmpty.length > 0 ? [...setIfEmpty].sort() : undefined,
    }),
  )

/** The value of the match field, from a model's row, a snapshot's, or nothing but the key. null: it names no record. */
export function matchValueOf({ fields, match }: ResolvedMapping, values: TextRow): FieldValue {
  const field = fields.find((each) => each.field === match.field)
  const encoded = field && encodeField(field, values)
  return encoded?.kind === 'value' ? encoded.value : null
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

function encodeField(field: MappedField, values: TextRow): EncodedPart {
  if (field.kind === 'opt_out') {
    const text = values[field.column.name] ?? null
    return { kind: 'value', value: text === null ? null : text === 'true' ? field.out : field.in }
  }
  const encoded = encodePart(field, values, field.field)
  // Nothing cannot be set where there is nothing.
  if (encoded.kind === 'problem') return field.personal ? { ...encoded, reason: encoded.starred } : encoded
  if (encoded.kind !== 'value') return encoded
  if (isSetIfEmpty(field) && encoded.value === null) return { kind: 'left_out' }
  const flaw = flawOf(encoded.value, field.fits)
  return flaw === null ? encoded : { kind: 'problem', ...at(field.field, said(flaw)), waits: false }
}

/** Why the destination's field does not take the value, by its own declaration. */
export function flawOf(value: FieldValue, { nullable = true, maxLength = Infinity }: FieldLimits = {}): string | null {
  if (value === null) return nullable ? null : 'it may not be null'
  if (typeof value !== 'string' || value.length <= maxLength) return null
  const characters = Array.from(value).length
  return characters > maxLength ? `it has ${characters} characters, and may have ${maxLength}` : null
}

const isSetIfEmpty = (field: MappedField) => field.kind !== 'opt_out' && field.setIfEmpty === true
