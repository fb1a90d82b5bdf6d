import type { Change, Json, JsonObject, RequestPreview } from 'millrace'
import { associateDocs } from './associate.ts'
import { encodeChange, recordId, type Row } from './encode-change.ts'
import { cutValues, isSearched, readDocs, searchBody, searchDocs } from './find-records.ts'
import { pathOf } from './object-type.ts'
import {
  associateBody,
  createBody,
  foldKey,
  namesOf,
  readBody,
  updateBody,
  upsertBody,
  type Lookup,
} from './requests.ts'
import { batchDocs } from './send-batch.ts'
import { checkMatch, type RecordObject } from './write-records.ts'

/** The requests of `write`. Ids that are looked up stand as `<id of ada@x.example>`: nothing is asked for a preview. */
export function previewRecords(
  object: RecordObject,
  changes: readonly Change[],
  options: JsonObject,
): readonly RequestPreview[] {
  const match = typeof options['match'] === 'string' ? options['match'] : guessMatch(changes)
  checkMatch(object.name, match, changes)
  const rows = changes.flatMap((change, index): Row[] => {
    const row = encodeChange(change, index, { match, properties: object.properties })
    return 'refusal' in row ? [] : [row]
  })
  const of = (...ops: readonly Change['op'][]) => rows.filter(({ op }) => ops.includes(op))
  const [upserts, inserts, updates] = [of('upsert'), of('insert'), of('update', 'clear', 'set')]
  const changed = updates.filter((row) => Object.keys(row.properties).length > 0)
  const path = `/crm/v3/objects/${pathOf(object.name)}`
  const withIds = changed.map((row) => ({ ...row, id: idOf(row, match) }))
  const optIns = upserts.filter(({ optsIn }) => optsIn)
  return [
    ...showLookup(object.name, match, { rows: optIns, compared: [] }),
    ...show(upserts, `${path}/batch/upsert`, upsertBody(match, upserts), batchDocs.upsert),
    ...showLookup(object.name, match, { rows: inserts, compared: namesOf(inserts) }),
    ...show(inserts, `${path}/batch/create`, createBody(match, inserts), batchDocs.create),
    ...showLookup(object.name, match, { rows: updates, compared: [] }),
    ...show(withIds, `${path}/batch/update`, updateBody(withIds), batchDocs.update),
    ...previewAssociations(object.name, match, rows),
  ]
}

function previewAssociations(object: string, match: string, rows: readonly Row[]): readonly RequestPreview[] {
  const wanted = rows.flatMap((row) => row.associations.map((association) => ({ row, association })))
  return [...Map.groupBy(wanted, ({ association }) => association.to)].flatMap(([to, group]) => {
    const byProperty = Map.groupBy(group, ({ association }) => association.property)
    const lookups = [...byProperty].flatMap(([property, targets]) =>
      property === recordId
        ? []
        : showReading({
            object: to,
            property,
            values: targets.map(({ association }) => association.value),
            properties: [],
          }),
    )
    const pairs = group.map(({ row, association }) => ({
      from: idOf(row, match),
      to: association.property === recordId ? association.value : `<id of ${association.value}>`,
    }))
    const path = `/crm/v4/associations/${pathOf(object)}/${pathOf(to)}/batch/associate/default`
    return [...lookups, ...show(pairs, path, associateBody(pairs), associateDocs)]
  })
}

const showLookup = (
  object: string,
  match: string,
  { rows, compared }: { readonly rows: readonly Row[]; readonly compared: readonly string[] },
): readonly RequestPreview[] =>
  showReading({ object, property: match, values: rows.map(({ key }) => key), properties: compared })

function showReading(lookup: Lookup): readonly RequestPreview[] {
  const { object, property } = lookup
  const path = `/crm/v3/objects/${pathOf(object)}`
  return cutValues(lookup).flatMap((values) =>
    isSearched(object, property)
      ? show(values, `${path}/search`, searchBody({ ...lookup, values }), searchDocs)
      : show(values, `${path}/batch/read`, readBody({ ...lookup, values }), readDocs),
  )
}

const show = (rows: readonly unknown[], path: string, body: Json, docs: string): readonly RequestPreview[] =>
  rows.length === 0 ? [] : [{ method: 'POST', path, body, docs }]

const idOf = ({ key }: Row, match: string) => (match === recordId ? key : `<id of ${key}>`)

/** Without the sync's word for it: the field that has the key as its value. */
function guessMatch([change]: readonly Change[]): string {
  const found = Object.entries(change?.fields ?? {}).find(
    ([name, value]) => foldKey(name, String(value ?? '')) === change?.key,
  )
  return found?.[0] ?? recordId
}
