/** What becomes of a row that has left the model. */
import type { ReverseSync } from '../config/project.ts'
import type { Fields } from '../model/change.ts'
import type { Answer, Candidate, TextRow } from '../warehouse/port.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { emptyAnswer, type Decision } from './decision.ts'
import type { ResolvedMapping } from './mapping.ts'
import { differencesOf, encodeFields, matchValueOf, recordKey } from './payload.ts'

export function decideRemoval(sync: ReverseSync, mapping: ResolvedMapping, candidate: Candidate): Decision {
  const removal = sync.onRemoved
  const base: Answer = {
    ...emptyAnswer,
    ...tombstoneOf(mapping, candidate),
    key: candidate.key,
    op: removal.kind,
    attempts: candidate.attempts + 1,
  }
  const match = matchValueOf(mapping, candidate.previous ?? keyAsRow(mapping, candidate.key))
  const key = recordKey(mapping, match)
  if (removal.kind === 'ignore' || key === null) {
    const message = removal.kind === 'ignore' ? null : 'the record cannot be named'
    return {
      kind: 'settle',
      key: candidate.key,
      answer: { ...base, status: 'ignored', state: 'ignored', message },
      withheld: 0,
    }
  }
  const values: Fields =
    removal.kind === 'clear' ? Object.fromEntries(removal.fields.map((field) => [field, null])) : removal.values
  const fields: Fields = { [mapping.match.field]: match, ...values }
  const previous =
    candidate.previous && candidate.previousState === 'accepted' && candidate.sameMapping
      ? encodeFields(mapping.fields, candidate.previous).fields
      : null
  return {
    kind: 'send',
    key: candidate.key,
    change: {
      op: removal.kind,
      key,
      fields,
      previous,
      idempotencyKey: hashOf(`${sync.name}\0${candidate.key}\0${canonicalJson(fields)}`).slice(0, 32),
    },
    answer: { ...base, status: 'delivered', state: 'removed', fields: JSON.stringify(differencesOf(values, previous)) },
    turnedOptOut: false,
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
  const known = candidate.hasIntent ? null : candidate.previous
  return {
    hash: known && candidate.previousHash,
    values: mapping.columns.map(({ name }) => (mapping.optOuts.includes(name) ? null : (known?.[name] ?? null))),
  }
}

/** Intended, never acknowledged, gone from the model: the key itself names the record where it is the match. */
const keyAsRow = (mapping: ResolvedMapping, key: string): TextRow =>
  mapping.key.length === 1 && mapping.key[0]?.column === mapping.match.column ? { [mapping.match.column]: key } : {}
