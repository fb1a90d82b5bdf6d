import type { SimulatorContext } from 'millrace/sandbox'
import { answerJson } from './answer.ts'
import type { ObjectType } from './properties.ts'
import { readObject, readText } from './read-json.ts'
import { getRecord, mergeRecords, type CrmRecord } from './records.ts'
import { HubspotRefusal, invalid } from './refusal.ts'

/** What people do in HubSpot, or its API for them. https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/basic/post-crm-v3-objects-contacts-merge */
export function merge(context: SimulatorContext, type: ObjectType, text: string): Response {
  const body = readObject(text, ['primaryObjectId', 'objectIdToMerge'])
  const find = (name: string): CrmRecord => {
    const id = readText(body, name)
    const record = getRecord(context.store, type, id)
    if (record) return record
    throw new HubspotRefusal(404, { category: 'OBJECT_NOT_FOUND', message: `No ${type.name} with ID ${id} exists` })
  }
  const [first, second] = [find('primaryObjectId'), find('objectIdToMerge')]
  if (first.id === second.id) throw invalid(`Cannot merge ${first.id} with itself`)
  let merged: CrmRecord | undefined
  context.store.batch(() => {
    merged = mergeRecords(context, type, [first, second])
    for (const { id } of [first, second]) moveAssociations(context, type, { from: id, to: merged.id })
  })
  return answerJson(context, 200, merged ?? first)
}

function moveAssociations(
  { store }: SimulatorContext,
  type: ObjectType,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const pairs = Array.from(store.all('association'))
  for (const [key, pair] of pairs) {
    const name = (side: 'from' | 'to') => String(pair[`${side}_type`])
    const id = (side: 'from' | 'to') =>
      name(side) === type.name && pair[`${side}_id`] === from ? to : String(pair[`${side}_id`])
    const moved = `${name('from')}:${id('from')}>${name('to')}:${id('to')}`
    if (moved === key) continue
    store.remove('association', key)
    store.put('association', moved, { ...pair, from_id: id('from'), to_id: id('to') })
  }
}
