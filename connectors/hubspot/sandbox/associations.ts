import type { SimulatorContext } from 'millrace/sandbox'
import { answerBatch } from './answer.ts'
import type { ObjectType } from './properties.ts'
import { isItem, readInputs, readObject, readText, refuseUnknown, type Item } from './read-json.ts'
import { getRecord } from './records.ts'
import { invalidJson, isError, type VendorError } from './refusal.ts'

/** The default association of each pair, both ways. https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide */
export function associateDefault(
  context: SimulatorContext,
  { from, to }: { readonly from: ObjectType; readonly to: ObjectType },
  text: string,
): Response {
  const pairs = readInputs(readObject(text, ['inputs'])).map((item) => {
    refuseUnknown(item, ['from', 'to'])
    return { from: readSide(item, 'from'), to: readSide(item, 'to') }
  })
  const outcomes: (object | VendorError)[] = []
  context.store.batch(() => {
    for (const pair of pairs) {
      const missing =
        (!getRecord(context.store, from, pair.from) && `${from.objectTypeId}-${pair.from}`) ||
        (!getRecord(context.store, to, pair.to) && `${to.objectTypeId}-${pair.to}`)
      if (missing) {
        outcomes.push({
          category: 'OBJECT_NOT_FOUND',
          message: `No object found: ${missing}`,
          context: { fromObjectId: [pair.from], toObjectId: [pair.to] },
        })
        continue
      }
      context.store.put('association', `${from.name}:${pair.from}>${to.name}:${pair.to}`, {
        from_type: from.name,
        from_id: pair.from,
        to_type: to.name,
        to_id: pair.to,
      })
      outcomes.push({
        from: { id: pair.from },
        to: { id: pair.to },
        associationSpec: { associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 1 },
      })
    }
  })
  const errors = outcomes.filter(isError)
  const results = outcomes.filter((outcome) => !isError(outcome))
  return answerBatch(context, { results, errors, status: errors.length > 0 ? 207 : 200 })
}

function readSide(item: Item, side: 'from' | 'to'): string {
  const value = item[side]
  if (value === undefined) throw invalidJson(`Some required fields were not set: [${side}]`)
  if (!isItem(value)) throw invalidJson(`Cannot deserialize ${side}: an object`)
  return readText(refuseUnknown(value, ['id']), 'id')
}
