/** A row that cannot go as it is does not keep its opt-out waiting: that goes by itself, and the row is the reject. */
import type { Change, FieldValue } from '../model/change.ts'
import { canonicalJson, hashOf } from './canonical-json.ts'
import type { SpooledChange } from './change-spool.ts'
import type { ResolvedMapping } from './mapping.ts'

/** A field that says how a person may be contacted, and the destination's word for opted out. */
export type OptOutField = { readonly field: string; readonly out: FieldValue }

export const optOutFields = ({ fields }: Pick<ResolvedMapping, 'fields'>): readonly OptOutField[] =>
  fields.flatMap((field) => (field.kind === 'opt_out' ? [{ field: field.field, out: field.out }] : []))

/** The opt-outs that a change carries. */
export const optOutsIn = ({ fields }: Change, optOuts: readonly OptOutField[]): readonly OptOutField[] =>
  optOuts.filter(
    ({ field, out }) => Object.hasOwn(fields, field) && canonicalJson(fields[field] ?? null) === canonicalJson(out),
  )

/** undefined: it is an insert, or carries none but what the destination surely has, or nothing else. */
export function optOutAlone(
  { key, change, answer, refused }: SpooledChange,
  {
    optOuts,
    identity,
    reason,
  }: { readonly optOuts: readonly OptOutField[]; readonly identity: readonly string[]; readonly reason: string },
): SpooledChange | undefined {
  // A record of nothing but its opt-out would stand in the way of the insert for good.
  if (change.op === 'insert') return undefined
  const outs = optOutsIn(change, optOuts)
  const stood = (field: string, value: FieldValue) =>
    canonicalJson(change.previous?.[field] ?? null) === canonicalJson(value)
  // Of another record than was accepted nothing is known.
  const isSameRecord = identity.every((field) => stood(field, change.fields[field] ?? null))
  const isKnown = !change.unanswered && isSameRecord && outs.every(({ field, out }) => stood(field, out))
  if (refused !== undefined || outs.length === 0 || isKnown) return undefined
  const names = new Set([...identity, ...outs.map(({ field }) => field)])
  const fields = Object.fromEntries(Object.entries(change.fields).filter(([name]) => names.has(name)))
  if (Object.keys(fields).length === Object.keys(change.fields).length) return undefined
  const idempotencyKey = hashOf(`${change.idempotencyKey}\0${canonicalJson(fields)}`).slice(0, 32)
  const { optsIn: _optsIn, ...rest } = change
  return { key, change: { ...rest, fields, idempotencyKey }, answer, refused: reason }
}
