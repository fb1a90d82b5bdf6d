/**
 * What becomes of one row that differs: pure, so that plan, preview and run give the same answer. Which opt-ins are withheld is
 * decided here and, for rows that left, in decide-removal.ts; docs/architecture.md names all that keeps an opt-out.
 */
import type { ReverseSync } from '../config/project.ts'
import type { Answer, Candidate } from '../warehouse/port.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import { decideRemoval } from './decide-removal.ts'
import { emptyAnswer, refused, type Decision } from './decision.ts'
import { countRefusal, isParked, parked } from './park.ts'
import type { MappedField } from './mapped-field.ts'
import type { ResolvedMapping } from './mapping.ts'
import { acceptedFields, differencesOf, encodeFields, payloadHash, recordKey } from './payload.ts'
import { meansOtherRecord, meansSameRecord } from './same-record.ts'
import { storable } from './storable.ts'

export type DecideOptions = {
  /** Somebody asked for the rejects: parked ones go, too. @default false */
  readonly triesParked?: boolean
}

export function decide(
  sync: ReverseSync,
  mapping: ResolvedMapping,
  candidate: Candidate,
  options: DecideOptions = {},
): Decision {
  if (candidate.values === null) return decideRemoval(sync, mapping, candidate, options)
  const payload = encodeFields(mapping.fields, candidate.values)
  const base: Answer = {
    ...emptyAnswer,
    key: candidate.key,
    op: sync.mode,
    attempts: candidate.attempts + 1,
    unanswered: candidate.hasIntent,
  }
  const values = mapping.columns.map((column) => candidate.values?.[column.name] ?? null)
  const mayPark = !options.triesParked && !isOptedOut(mapping, candidate)
  if (payload.problem !== null) {
    const counted = countRefusal(base, candidate, hashOf(canonicalJson(values)))
    if (!payload.waits && mayPark && isParked(sync, candidate, counted)) return parked(counted, candidate)
    const alone = sendOptOutAlone(sync, mapping, { candidate, base: counted, reason: payload.problem })
    return payload.waits && alone.kind === 'settle' ? waiting(base, payload.problem) : alone
  }
  const key = recordKey(mapping, payload.fields[mapping.match.field] ?? null)
  if (key === null) {
    const counted = countRefusal(base, candidate, hashOf(canonicalJson(values)))
    if (mayPark && isParked(sync, candidate, counted)) return parked(counted, candidate)
    return refused(counted, `${mapping.match.field}, by which the record is found, is empty`)
  }

  const hash = payloadHash(mapping, payload)
  const answer: Answer = { ...countRefusal(base, candidate, hash), state: 'accepted', hash, values }
  // A tombstone without a hash is of what was sent and had no answer.
  const stands =
    candidate.previousHash !== null && (candidate.previousState === 'accepted' || candidate.previousState === 'ignored')
  // What is equal after all is not sent; but a key with an open intent always is: nobody knows what arrived.
  if (stands && !candidate.hasIntent && !candidate.refresh && candidate.previousHash === hash)
    return { kind: 'settle', key: candidate.key, answer: { ...answer, status: 'coalesced' }, withheld: 0 }
  // Recorded as seen it would be removed by a name under which nothing was inserted, which may be somebody else's.
  if (sync.mode === 'insert' && stands && sync.onRemoved.kind !== 'ignore' && meansOtherRecord(mapping, candidate)) {
    const counted = countRefusal(base, candidate, hash)
    return mayPark && isParked(sync, candidate, counted)
      ? parked(counted, candidate)
      : refused(counted, otherName(mapping))
  }
  // What an insert has made it never touches again: the change is counted once, and recorded as seen. The hash stays that of
  // what the destination has: in another mode the row is sent.
  if (sync.mode === 'insert' && stands && !candidate.hasIntent)
    return {
      kind: 'settle',
      key: candidate.key,
      answer: {
        ...answer,
        status: 'ignored',
        hash: candidate.previousHash,
        fields: '{}',
        message: 'mode insert does not change what is there',
      },
      withheld: 0,
    }
  if (mayPark && isParked(sync, candidate, answer)) return parked(answer, candidate)

  const isSameRecord = meansSameRecord(mapping, candidate)
  const { dropped, withheld, optsIn } = applyOptOutRules(mapping.fields, candidate, isSameRecord)
  const fields =
    dropped.size === 0
      ? payload.fields
      : Object.fromEntries(Object.entries(payload.fields).filter(([name]) => !dropped.has(name)))
  const previous = acceptedFields(mapping, candidate)
  const differences = differencesOf(fields, previous)
  const nothingLeft =
    previous === null || candidate.refresh || !isSameRecord
      ? dropped.size > 0 && Object.keys(fields).every((name) => mapping.identity.includes(name))
      : Object.keys(differences).length === 0
  // A withheld opt-in is recorded as seen, so that it does not come back every run.
  if (nothingLeft && !candidate.hasIntent)
    return {
      kind: 'settle',
      key: candidate.key,
      answer: {
        ...answer,
        status: 'held_back',
        message: withheld > 0 ? optInWithheld : 'nothing to send',
        fields: JSON.stringify(
          differencesOf(
            Object.fromEntries(Object.entries(payload.fields).filter(([name]) => dropped.has(name))),
            previous,
          ),
        ),
      },
      withheld: 0,
    }
  return {
    kind: 'send',
    key: candidate.key,
    change: {
      op: sync.mode,
      key,
      fields,
      ...(payload.setIfEmpty.length > 0 && { setIfEmpty: payload.setIfEmpty }),
      ...(optsIn && { optsIn }),
      // What another row means now is not this one's to take away.
      previous: candidate.recordStays === true ? null : previous,
      ...(candidate.hasIntent && { unanswered: true }),
      // The payload's hash stands for all fields, of which these do not go.
      idempotencyKey: hashOf(`${sync.name}\0${candidate.key}\0${hash}\0${[...dropped].sort().join('\0')}`).slice(0, 32),
    },
    answer: {
      ...answer,
      status: 'delivered',
      fields: JSON.stringify(differences),
      message: withheld > 0 ? optInWithheld : null,
    },
    turnedOptOut: candidate.turnedOptOut,
    withheld,
  }
}

/**
 * An opt-out field goes when it means opted out. Its off value goes only where this very field was true at the last
 * acceptance of this very record, is false now, is true in no other row of that record, the sync says `allow_opt_in`, and this
 * is no retry: whoever retries cannot know what the person has said at the vendor since. After a change of the mapping nobody knows whether this field was ever
 * sent: its column may have filled another one.
 */
function applyOptOutRules(
  fields: readonly MappedField[],
  candidate: Candidate,
  isSameRecord: boolean,
): { readonly dropped: ReadonlySet<string>; readonly withheld: number; readonly optsIn: boolean } {
  const dropped = new Set<string>()
  let withheld = 0
  let optsIn = false
  for (const field of fields) {
    if (field.kind !== 'opt_out') continue
    const now = candidate.values?.[field.column.name] ?? null
    if (now === 'true') continue
    const turnedOff = now === 'false' && candidate.previous?.[field.column.name] === 'true'
    const isFirst = candidate.kind !== 'retry' && candidate.sameMapping && isSameRecord
    const isOutElsewhere = candidate.optedOutElsewhere?.includes(field.column.name) === true
    if (turnedOff && field.allowOptIn && isFirst && !isOutElsewhere) {
      optsIn = true
      continue
    }
    dropped.add(field.field)
    if (turnedOff) withheld++
  }
  return { dropped, withheld, optsIn }
}

/**
 * A row whose other fields cannot be sent does not keep its opt-out waiting: that goes by itself, and the row is the
 * reject. What the destination has already accepted as opted out it need not hear every run.
 */
function sendOptOutAlone(
  sync: ReverseSync,
  mapping: ResolvedMapping,
  { candidate, base, reason }: { readonly candidate: Candidate; readonly base: Answer; readonly reason: string },
): Decision {
  const values = candidate.values ?? {}
  const isSame =
    candidate.previousState === 'accepted' &&
    candidate.sameMapping &&
    !candidate.hasIntent &&
    meansSameRecord(mapping, candidate)
  const isKnown = (column: string) => isSame && candidate.previous?.[column] === 'true'
  const outs = mapping.fields.filter(
    (field) => field.kind === 'opt_out' && values[field.column.name] === 'true' && !isKnown(field.column.name),
  )
  const named = encodeFields(
    mapping.fields.filter(({ field }) => mapping.identity.includes(field)),
    values,
  )
  const key = named.problem === null ? recordKey(mapping, named.fields[mapping.match.field] ?? null) : null
  if (outs.length === 0 || key === null || sync.mode === 'insert') return refused(base, reason)
  const fields = { ...named.fields, ...encodeFields(outs, values).fields }
  return {
    kind: 'send',
    key: candidate.key,
    change: {
      op: sync.mode,
      key,
      fields,
      previous: null,
      ...(candidate.hasIntent && { unanswered: true }),
      idempotencyKey: hashOf(`${sync.name}\0${candidate.key}\0${canonicalJson(fields)}`).slice(0, 32),
    },
    answer: {
      ...base,
      status: 'rejected',
      fields: JSON.stringify(differencesOf(encodeFields(outs, values).fields, null)),
    },
    turnedOptOut: candidate.turnedOptOut,
    withheld: 0,
    refused: reason,
  }
}

const isOptedOut = ({ optOuts }: ResolvedMapping, { values }: Candidate): boolean =>
  optOuts.some((column) => values?.[column] === 'true')

/** `on_missing: hold`: the row is as it was, and comes again with every run. */
const waiting = (base: Answer, reason: string): Decision => ({
  kind: 'settle',
  key: base.key,
  answer: { ...base, status: 'held_back', message: storable(`waits: ${reason}`) },
  withheld: 0,
})

const otherName = ({ match }: ResolvedMapping): string =>
  `${match.field} names another record now, and mode insert leaves the one that it has made; once it is changed there by hand, \`millrace forget\` the row's key with --drop-unsent`

const optInWithheld = 'opt-in withheld'
