import { isOptOutName } from 'millrace'
import type { HubspotApi } from './client.ts'
import { recordId, type Row } from './encode-change.ts'
import { aliasesOf, ownKeyOf, type Finder, type FoundRecord, type FoundRecords } from './find-records.ts'
import { isEmailOf } from './object-type.ts'
import type { RowAnswer } from './read-batch.ts'
import { foldKey } from './requests.ts'

/**
 * Rows that cannot go, and why, since several values find their record: others were merged into it, it is a contact with
 * several addresses, or has the value in another case. Several rows may mean it, whether or not they are in the same batch.
 */
export function refuseMerged(of: Finder, rows: readonly Row[], found: FoundRecords): ReadonlyMap<Row, string> {
  const byRecord = Map.groupBy(rows, ({ key }) => found(key)[0]?.id)
  return new Map(
    [...byRecord.values()].flatMap((group) => {
      const record = group[0] && found(group[0].key)[0]
      if (!record) return []
      const own = ownKeyOf(record, of)
      const isNamedOtherwise = group.some(({ key }) => foldKey(of.property, key) !== own)
      return isNamedOtherwise || aliasesOf(record, of).length > 0 ? refuseGroup(of, record, group) : []
    }),
  )
}

/**
 * HubSpot takes a record once a request. What a row that left would take away may be what another says of the record, of one
 * with several values by its own, too: the model may have come to name it by another. And an opt-out is nobody's to take away.
 */
function refuseGroup(of: Finder, record: FoundRecord, group: readonly Row[]): readonly (readonly [Row, string])[] {
  const own = ownKeyOf(record, of)
  const mayTake = ({ key }: Row) => foldKey(of.property, key) === own && aliasesOf(record, of).length === 0
  // Who opts out goes first; then the record's own row, after which the others say again what it clears; then one that stands.
  const rankOf = (row: Row) => (isOptingOut(row) ? 0 : mayTake(row) ? 1 : row.op === 'update' ? 2 : 3)
  const [owner] = group.filter(({ optsIn }) => !optsIn).toSorted((one, other) => rankOf(one) - rankOf(other))
  const words = wordsOf(of, record)
  return group.flatMap((row): [Row, string][] => {
    if (row.optsIn)
      return [
        [
          row,
          `${words.several}, and another row may say that they opted out: no opt-in goes there; the next run sends the row without it`,
        ],
      ]
    if (row !== owner) return [[row, `${words.is(row.key)}, for which the row ${owner?.key ?? own} stands, too`]]
    if (row.op === 'update' || mayTake(row) || Object.entries(row.properties).every(isOptOut)) return []
    const why = row.key === own ? words.several : words.was(row.key)
    return [
      [
        row,
        `${why}: what is taken away there may be another row’s; if it is nobody’s, take it away at HubSpot;  millrace sync run NAME --rejected-only  looks again`,
      ],
    ]
  })
}

function wordsOf(of: Finder, record: FoundRecord) {
  if (of.property === recordId) return wordsOfMerged(record.id)
  return isEmailOf(of.object, of.property) ? wordsOfContact(record.id) : wordsOfCase(of, record)
}

const wordsOfMerged = (id: string) => ({
  several: `others were merged into record ${id}`,
  is: (key: string) => `record ${key} is now record ${id}`,
  was: (key: string) => `record ${key} was merged into ${id}`,
})

const wordsOfContact = (id: string) => ({
  several: `contact ${id} has several addresses`,
  is: (key: string) => `${key} is an address of contact ${id}`,
  was: (key: string) => `${key} is another address of contact ${id}`,
})

function wordsOfCase(of: Finder, record: FoundRecord) {
  const own = ownKeyOf(record, of)
  const is = (key: string) => `${key} is record ${record.id}, whose ${of.property} is ${own}`
  return { several: `record ${record.id} has its ${of.property} in another case, ${own}`, is, was: is }
}

/** No run knows all rows of a record: of several the last that was sent stands, and the snapshot has them all as accepted. */
export function tellMerged(api: HubspotApi, rows: readonly Row[], answers: readonly RowAnswer[]): void {
  const moved = rows.flatMap(({ key, index }) => {
    const id = answers[index]?.id ?? key
    return id === key ? [] : [`${key} → ${id}`]
  })
  if (moved.length > 0)
    api.warn(
      `HubSpot: records were merged, and their rows went to those that are left: ${moved.join(', ')}. Of several rows for one record the last that is sent stands.`,
    )
}

const isOptingOut = ({ properties }: Row) => Object.entries(properties).some(isOptOut)
const isOptOut = ([name, value]: readonly [string, string]) => isOptOutName(name) && value === 'true'
