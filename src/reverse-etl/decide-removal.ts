/** What becomes of a row that has left the model. */
import type { ReverseSync } from '../config/project.ts'
import type { Fields } from '../model/change.ts'
import type { Answer, Candidate, TextRow } from '../warehouse/port.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { emptyAnswer, refused, type Decision } from './decision.ts'
import { countRefusal, isParked, parked } from './park.ts'
import type { ResolvedMapping } from './mapping.ts'
import { acceptedFields, differencesOf, encodeFields, matchValueOf, recordKey } from './payload.ts'

export function decideRemoval(
  sync: ReverseSync,
  mapping: ResolvedMapping,
  candidate: Candidate,
  { triesParked = false }: { readonly triesParked?: boolean } = {},
): Decision {
  const removal = sync.onRemoved
  const base: Answer = {
    ...emptyAnswer,
    ...tombstoneOf(mapping, candidate),
    key: candidate.key,
    op: removal.kind,
    attempts: candidate.attempts + 1,
    unanswered: candidate.hasIntent,
  }
  const settle = (answer: Partial<Answer>): Decision => ({
    kind: 'settle',
    key: candidate.key,
    answer: { ...base, status: 'ignored', state: 'ignored', fields: '{}', ...answer },
    withheld: 0,
  })
  if (removal.kind === 'ignore') return settle({})
  // Nothing of it is left to be removed; and should the row come back, it is as new.
  if (candidate.recordStays === true)
    return settle({ state: 'removed', message: 'another row of the model is this record now' })
  const named = nameOf(mapping, candidate)
  const key = named && recordKey(mapping, named[mapping.match.field] ?? null)
  if (named === null || key === null) {
    const { field, column } = mapping.match
    const byHand = 'remove it there by hand'
    // It stands at the destination, and nobody would hear of it again.
    if (candidate.previousState === 'accepted')
      return refused(
        base,
        `the record cannot be named: when it was sent, ${field} was filled by another column than ${column}; ${byHand}`,
      )
    // It may stand there: what was sent of it had no answer, or only its opt-out went. Of who left so while that was ignored the
    // tombstone has no hash; who was forgotten has one.
    if (candidate.hasIntent || (candidate.previousState === 'ignored' && candidate.previousHash === null))
      return refused(
        base,
        `the record may be at the destination, and cannot be named: what it was sent with is kept of accepted rows only; ${byHand} if it is and no other row means it, and then \`millrace forget\` its key with --drop-unsent`,
      )
    return settle({ state: 'removed', message: 'the record cannot be named' })
  }
  const values: Fields =
    removal.kind === 'clear'
      ? Object.fromEntries(removal.fields.map((field) => [field, null]))
      : removal.kind === 'set'
        ? removal.values
        : {}
  const fields: Fields = { ...named, ...values }
  const answer = countRefusal(base, candidate, hashOf(canonicalJson({ op: removal.kind, fields })))
  if (!sync.optOutRemoval && !triesParked && isParked(sync, candidate, answer)) return parked(answer, candidate)
  const previous = acceptedFields(mapping, candidate)
  return {
    kind: 'send',
    key: candidate.key,
    change: {
      op: removal.kind,
      key,
      fields,
      previous,
      ...(candidate.hasIntent && { unanswered: true }),
      idempotencyKey: hashOf(`${sync.name}\0${candidate.key}\0${canonicalJson(fields)}`).slice(0, 32),
    },
    answer: {
      ...answer,
      status: 'delivered',
      state: 'removed',
      fields: JSON.stringify(differencesOf(values, previous)),
    },
    turnedOptOut: sync.optOutRemoval,
    withheld: 0,
  }
}

/**
 * What a row that comes back is compared with. `values: null` leaves the snapshot's values as they are. With an open
 * intent nobody knows what the record holds, so nothing is equal to it; and a row that was being retried must not come
 * back as one whose opt-out has just turned off: that would be a retry of the opt-in (promise 8).
 */
function tombstoneOf(mapping: ResolvedMapping, candidate: Candidate): Pick<Answer, 'hash' | 'values'> {
  if (!candidate.hasIntent && candidate.attempts === 0) return { hash: null, values: null }
  const named = mapping.identityColumns.map((name) => [name, candidate.previous?.[name] ?? null] as const)
  const known = candidate.hasIntent
    ? { ...Object.fromEntries(named), ...rowToName(mapping, candidate) }
    : (candidate.previous ?? {})
  return {
    hash: candidate.hasIntent ? null : candidate.previousHash,
    values: mapping.columns.map(({ name }) => (mapping.optOuts.includes(name) ? null : (known[name] ?? null))),
  }
}

/** The fields that name the record, as they were sent; null: it cannot be named. */
function nameOf(mapping: ResolvedMapping, candidate: Candidate): Fields | null {
  const row = rowToName(mapping, candidate)
  const match = matchValueOf(mapping, row)
  const others = mapping.fields.filter(({ field }) => field !== mapping.match.field && mapping.identity.includes(field))
  const encoded = encodeFields(others, candidate.previous ?? {})
  const isWhole = encoded.problem === null && Object.values(encoded.fields).every((value) => value !== null)
  return isWhole ? { [mapping.match.field]: match, ...encoded.fields } : null
}

/**
 * What names the record: its column of the snapshot; or, for a row that was intended and never acknowledged, the key itself
 * where it is the match.
 */
function rowToName({ key, match }: ResolvedMapping, candidate: Candidate): TextRow {
  const isKey = key.length === 1 && key[0]?.column === match.column
  return { [match.column]: candidate.previous?.[match.column] ?? (isKey ? candidate.key : null) }
}
