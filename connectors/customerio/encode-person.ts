import type { Change, Fields } from 'millrace'
import { fitAttribute, fitIdentifier, isOut } from './attribute-limits.ts'
import { fitItems, type Encoded, type Item } from './item.ts'

export function encodePerson(change: Change, match: string): Encoded {
  const { [match]: _key, ...fields } = change.fields
  const identifiers = { [match]: change.key }
  if (change.op === 'delete') {
    const refusal = fitIdentifier(match, change.key)
    return refusal === undefined ? fitItems({ type: 'person', action: 'delete', identifiers }) : { refusal }
  }
  // Removals and updates never create a person: nobody matches, nothing happens.
  const attributes = change.op === 'upsert' ? fields : { ...fields, _update: true }
  const refusal = refuse(change, match, fields) ?? fitCount(Object.keys(attributes).length)
  if (refusal !== undefined) return { refusal }
  const whole: Item = { type: 'person', action: 'identify', identifiers, attributes }
  const optOuts = Object.entries(fields).filter(([name, value]) => isOut(name, value))
  if (optOuts.length === 0 || !mayBeDropped(change, match)) return fitItems(whole)
  return fitItems({ ...whole, attributes: { ...Object.fromEntries(optOuts), _update: true } }, whole)
}

/**
 * Customer.io answers 200 to a change with an id or email that somebody else has, and drops all of it: an opt-out beside it
 * would be lost without a word. So it goes once more by itself, to whom it may concern, and creates nobody.
 */
export const mayBeDropped = (change: Change, match: string): boolean =>
  (change.op === 'upsert' || change.op === 'update') &&
  ownIdentifiers.some(
    (name) =>
      name !== match &&
      name in change.fields &&
      (isUncertain(change, match) || change.fields[name] !== change.previous?.[name]),
  )

/** `previous` does not say what this person holds: it is nothing, or somebody else's, or what came after it had no answer. */
export const isUncertain = ({ fields, previous, unanswered }: Change, match: string): boolean =>
  previous === null || unanswered === true || fields[match] !== previous[match]

function refuse({ op, key }: Change, match: string, fields: Fields): string | undefined {
  if (!operations.includes(op)) return `Customer.io's person cannot be written with ${op}`
  if (match === 'cio_id' && op === 'upsert') return 'a person cannot be created by cio_id: use mode update'
  const refusals = Object.entries(fields).map(([name, value]) => fitAttribute(name, value))
  return fitIdentifier(match, key) ?? refusals.find((refusal) => refusal !== undefined)
}

const fitCount = (count: number) =>
  count > maxAttributes ? `${count} attributes in one row; Customer.io takes ${maxAttributes}` : undefined

/** Those that are written as attributes. */
export const ownIdentifiers = ['id', 'email'] as const
const operations: readonly Change['op'][] = ['upsert', 'update', 'clear', 'set']
export const maxAttributes = 300
