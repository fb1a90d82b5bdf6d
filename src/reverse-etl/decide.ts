/**
 * What becomes of one row that differs: pure, so that plan, preview and run give the same answer. The opt-out rules of
 * promise 8 live here and nowhere else.
 */
import type { OnRemoved, ReverseSync } from '../config/project.ts'
import type { Change, Fields, FieldValue } from '../model/change.ts'
import type { Answer, Candidate } from '../warehouse/port.ts'
import type { TextRow } from '../warehouse/port.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { encodeValue } from './encode-value.ts'
import type { MappedField, ResolvedMapping } from './mapping.ts'

export type Decision =
  | {
      readonly kind: 'send'
      readonly change: Change
      readonly key: string
      readonly answer: Answer
      readonly turnedOptOut: boolean
      readonly withheld: number
    }
  /** Settled without the destination: coalesced, held back, ignored, or a value that cannot be sent. */
  | { readonly kind: 'settle'; readonly key: string; readonly answer: Answer; readonly withheld: number }

export function decide(sync: ReverseSync, mapping: ResolvedMapping, candidate: Candidate): Decision {
  if (candidate.values === null) return decideRemoval(sync, mapping, candidate)
  const payload = encodeFields(mapping.fields, candidate.values)
  const base = { ...emptyAnswer, key: candidate.key, op: sync.mode, attempts: candidate.attempts + 1 }
  if (payload.problem !== null) return refused(base, payload.problem)
  const match = payload.fields[mapping.match.field]
  if (match === null || match === undefined || match === '')
    return refused(base, `${mapping.match.field}, by which the record is found, is null`)

  const hash = hashOf(canonicalJson({ match: mapping.match.field, fields: payload.fields }))
  const values = mapping.columns.map((column) => candidate.values?.[column.name] ?? null)
  const answer: Answer = { ...base, state: 'accepted', hash, values }
  const stands = candidate.previousState === 'accepted' || candidate.previousState === 'ignored'
  // What is equal after all is not sent; but a key with an open intent always is: nobody knows what arrived.
  if (stands && !candidate.hasIntent && candidate.previousHash === hash)
    return { kind: 'settle', key: candidate.key, answer: { ...answer, status: 'coalesced' }, withheld: 0 }

  const optOuts = applyOptOutRules(mapping.fields, candidate)
  const fields = Object.fromEntries(Object.entries(payload.fields).filter(([name]) => !optOuts.dropped.has(name)))
  const previous =
    candidate.previous && candidate.previousState === 'accepted'
      ? encodeFields(mapping.fields, candidate.previous).fields
      : null
  const differences = differencesOf(fields, candidate.sameMapping ? previous : null)
  const nothingLeft =
    candidate.kind === 'added' || candidate.hasIntent || !candidate.sameMapping || previous === null
      ? Object.keys(fields).every((name) => name === mapping.match.field) && optOuts.dropped.size > 0
      : Object.keys(differences).length === 0
  const withheld = optOuts.withheld
  // A withheld opt-in is recorded as seen, so that it does not come back every run.
  if (nothingLeft && candidate.attempts === 0 && !candidate.hasIntent)
    return {
      kind: 'settle',
      key: candidate.key,
      answer: { ...answer, status: 'held_back', message: withheld > 0 ? 'opt-in withheld' : 'nothing to send' },
      withheld: 0,
    }
  const sent: Answer = { ...answer, status: 'delivered', fields: JSON.stringify(differences) }
  return {
    kind: 'send',
    key: candidate.key,
    change: {
      op: sync.mode,
      key: normalise(String(asKey(match)), mapping.match.normalise),
      fields,
      previous,
      idempotencyKey: hashOf(`${sync.name}\0${candidate.key}\0${hash}\0${canonicalJson(fields)}`).slice(0, 32),
    },
    answer: sent,
    turnedOptOut: candidate.turnedOptOut,
    withheld,
  }
}

/**
 * An opt-out field goes when it means opted out. Its off value goes only where this very field was true at the last
 * acceptance, is false now, the sync says `allow_opt_in`, and this is no retry: whoever retries cannot know what the
 * person has said at the vendor since.
 */
function applyOptOutRules(
  fields: readonly MappedField[],
  candidate: Candidate,
): { readonly dropped: ReadonlySet<string>; readonly withheld: number } {
  const dropped = new Set<string>()
  let withheld = 0
  for (const field of fields) {
    if (field.kind !== 'opt_out') continue
    const now = candidate.values?.[field.column.name] ?? null
    if (now === 'true') continue
    const turnedOff = now === 'false' && candidate.previous?.[field.column.name] === 'true'
    if (turnedOff && field.allowOptIn && candidate.kind !== 'retry') continue
    dropped.add(field.field)
    if (turnedOff) withheld++
  }
  return { dropped, withheld }
}

function decideRemoval(sync: ReverseSync, mapping: ResolvedMapping, candidate: Candidate): Decision {
  const removal: OnRemoved = sync.onRemoved
  const base: Answer = { ...emptyAnswer, key: candidate.key, op: removal.kind, attempts: candidate.attempts + 1 }
  const match = candidate.previous?.[mapping.match.column] ?? keyAsMatch(mapping, candidate.key)
  if (removal.kind === 'ignore' || match === null)
    return {
      kind: 'settle',
      key: candidate.key,
      answer: {
        ...base,
        status: 'ignored',
        state: 'ignored',
        message: match === null ? 'the record cannot be named' : null,
      },
      withheld: 0,
    }
  const key = normalise(match, mapping.match.normalise)
  const values: Fields =
    removal.kind === 'clear' ? Object.fromEntries(removal.fields.map((field) => [field, null])) : removal.values
  const fields: Fields = { [mapping.match.field]: key, ...values }
  const previous = candidate.previous ? encodeFields(mapping.fields, candidate.previous).fields : null
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

/** Intended, never acknowledged, gone from the model: the key itself names the record where it is the match. */
const keyAsMatch = (mapping: ResolvedMapping, key: string): string | null =>
  mapping.key.length === 1 && mapping.key[0]?.column === mapping.match.column ? key : null

type Payload = { readonly fields: Fields; readonly problem: string | null }

function encodeFields(mapped: readonly MappedField[], values: TextRow): Payload {
  const fields: Record<string, FieldValue> = {}
  for (const field of mapped) {
    const encoded = encodeField(field, values)
    if (!encoded.ok) return { fields, problem: `${field.field}: ${encoded.reason}` }
    fields[field.field] = encoded.value
  }
  return { fields, problem: null }
}

function encodeField(field: MappedField, values: TextRow): ReturnType<typeof encodeValue> {
  if (field.kind === 'value') return { ok: true, value: field.value }
  const text = values[field.column.name] ?? null
  if (field.kind === 'opt_out')
    return { ok: true, value: text === null ? null : text === 'true' ? field.out : field.in }
  if (field.values === null || text === null) return encodeValue(text, field.column.type, field.type)
  return text in field.values
    ? { ok: true, value: field.values[text] ?? null }
    : { ok: false, reason: `${text.slice(0, 40)} is not among its values (${Object.keys(field.values).join(', ')})` }
}

/** field → [old, new]; old is left out where it is not known. */
function differencesOf(fields: Fields, previous: Fields | null): { readonly [field: string]: readonly FieldValue[] } {
  const differences: Record<string, readonly FieldValue[]> = {}
  for (const [name, value] of Object.entries(fields)) {
    const old = previous?.[name]
    if (old === undefined) differences[name] = [value]
    else if (canonicalJson(old) !== canonicalJson(value)) differences[name] = [old, value]
  }
  return differences
}

function refused(base: Answer, reason: string): Decision {
  return {
    kind: 'settle',
    key: base.key,
    answer: { ...base, status: 'rejected', code: 'MR-5005', message: reason, retryable: false },
    withheld: 0,
  }
}

export function normalise(text: string, how: 'exact' | 'trim' | 'lower'): string {
  if (how === 'exact') return text
  return how === 'lower' ? text.trim().toLowerCase() : text.trim()
}

const asKey = (value: FieldValue) =>
  typeof value === 'object' && value !== null && 'rawJSON' in value ? String(value.rawJSON) : value

const emptyAnswer: Answer = {
  key: '',
  op: 'upsert',
  status: 'delivered',
  state: null,
  hash: null,
  values: null,
  fields: null,
  code: null,
  message: null,
  retryable: false,
  attempts: 1,
  sent_at: null,
}
