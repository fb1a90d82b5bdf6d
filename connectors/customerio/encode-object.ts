import type { Change } from 'millrace'
import { fitAttribute, fitIdentifier } from './attribute-limits.ts'
import { maxAttributes } from './encode-person.ts'
import { fitItems, type Encoded } from './item.ts'

export function encodeObject({ op, key, fields }: Change, objectType: string): Encoded {
  const { object_id: _key, ...attributes } = fields
  const identifiers = { object_type_id: objectType, object_id: key }
  const refusal = fitIdentifier('object_id', key)
  if (refusal !== undefined) return { refusal }
  if (op === 'delete') return fitItems({ type: 'object', action: 'delete', identifiers })
  if (op !== 'upsert') return { refusal: `Customer.io's object cannot be written with ${op}` }
  const entries = Object.entries(attributes)
  if (entries.length > maxAttributes)
    return { refusal: `${entries.length} attributes in one row; Customer.io takes ${maxAttributes}` }
  const misfit = entries.map(([name, value]) => fitAttribute(name, value, 'object')).find((each) => each !== undefined)
  return misfit === undefined
    ? fitItems({ type: 'object', action: 'identify', identifiers, attributes })
    : { refusal: misfit }
}
