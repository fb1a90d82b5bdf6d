import type { Candidate, TextRow } from '../warehouse/port.ts'
import { canonicalJson } from './canonical-json.ts'
import type { ResolvedMapping } from './mapping.ts'
import { encodeFields, recordKey } from './payload.ts'

/**
 * Does a row still mean the record that its values in the snapshot were accepted for? Where it does not, what they say was
 * said of somebody else.
 */
export function meansSameRecord(mapping: ResolvedMapping, { values, previous }: Candidate): boolean {
  if (!values || !previous) return false
  if (mapping.identityColumns.every((name) => (values[name] ?? null) === (previous[name] ?? null))) return true
  const record = nameOf(mapping, values)
  return record !== null && record === nameOf(mapping, previous)
}

/** Does it surely mean another one? Not where nobody knows any more what was sent, as of who was forgotten. */
export function meansOtherRecord(mapping: ResolvedMapping, candidate: Candidate): boolean {
  const { previous } = candidate
  return previous !== null && nameOf(mapping, previous) !== null && !meansSameRecord(mapping, candidate)
}

/** What names the record, as the destination compares it. null: nothing does. */
function nameOf(mapping: ResolvedMapping, row: TextRow): string | null {
  const { identity, match } = mapping
  const { fields, problem } = encodeFields(
    mapping.fields.filter(({ field }) => identity.includes(field)),
    row,
  )
  const key = problem === null ? recordKey(mapping, fields[match.field] ?? null) : null
  return key === null ? null : canonicalJson({ ...fields, [match.field]: key })
}
