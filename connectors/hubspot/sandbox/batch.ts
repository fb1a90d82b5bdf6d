/** Creating, updating, upserting and reading records. https://developers.hubspot.com/docs/api-reference/crm-objects-v3/guide */
import type { SimulatorContext } from 'millrace/sandbox'
import { answerBatch } from './answer.ts'
import { checkValue } from './check-value.ts'
import { portalId } from './credentials.ts'
import { isIdProperty, type ObjectType } from './properties.ts'
import { readInputs, readObject, readText, readTexts, refuseUnknown, type Item } from './read-json.ts'
import { findRecord, getRecord, putRecord, uniqueOf, valuesOf, type CrmRecord } from './records.ts'
import { HubspotRefusal, invalid, invalidJson, invalidProperty, isError, type VendorError } from './refusal.ts'

export type Kind = 'create' | 'update' | 'upsert'

export function writeBatch(context: SimulatorContext, type: ObjectType, kind: Kind, text: string): Response {
  const rows = readInputs(readObject(text, ['inputs'])).map((item) => readRow(item, kind))
  refuseTwins(rows)
  for (const { idProperty } of rows) refuseIdProperty(type, kind, idProperty)
  // Only rows that can be told apart fail one by one.
  const isMulti = rows.every(({ trace }) => trace !== null) && context.fault('all_or_nothing') === null
  const empty = context.fault('empty_results')
  const outcomes: (CrmRecord | VendorError)[] = []
  if (!isMulti) {
    const bad = rows.map((row, at) => checkRow(context, type, { row, kind, at })).find(isError)
    if (bad) throw new HubspotRefusal(bad.category === 'CONFLICT' ? 409 : 400, bad)
  }
  const kept = typeof empty?.['keep'] === 'number' ? empty['keep'] : 0
  if (empty === null || empty['applied'] === true || kept > 0)
    context.store.batch(() => {
      for (const [at, row] of rows.entries()) outcomes.push(applyRow(context, type, { row, kind, at }))
    })
  const isNamed = context.fault('unnamed_errors') === null
  const errors = outcomes.flatMap((outcome, at) => {
    if (!isError(outcome)) return []
    const trace = rows[at]?.trace ?? ''
    return [
      isNamed
        ? { ...outcome, context: { ...outcome.context, objectWriteTraceId: [trace] } }
        : { ...outcome, context: {} },
    ]
  })
  const results = outcomes.flatMap((outcome, at) => {
    const trace = rows[at]?.trace
    return isError(outcome) ? [] : [{ ...outcome, ...(trace === null ? {} : { objectWriteTraceId: trace }) }]
  })
  if (empty) return answerBatch(context, { results: results.slice(0, kept) })
  return answerBatch(context, { results, errors, status: errors.length > 0 ? 207 : kind === 'create' ? 201 : 200 })
}

/** Records that are not there are errors of a 207. */
export function readBatch(context: SimulatorContext, type: ObjectType, text: string): Response {
  const body = readObject(text, ['inputs', 'properties', 'propertiesWithHistory', 'idProperty'])
  const inputs = readInputs(body).map((item) => readText(refuseUnknown(item, ['id']), 'id'))
  const names = readNames(body, 'properties')
  readNames(body, 'propertiesWithHistory')
  const idProperty = body['idProperty'] === undefined ? null : readText(body, 'idProperty')
  refuseIdProperty(type, 'read', idProperty)
  const wrong = idProperty === null ? inputs.find((id) => !/^\d+$/.test(id)) : undefined
  if (wrong !== undefined) throw invalid(`Object id ${wrong} is not a valid id`)
  const found = inputs.map((id) => ({ id, record: find(context, type, { idProperty, id }) }))
  const ids = found.flatMap(({ id, record }) => (record ? [] : [id]))
  const missing: VendorError = {
    category: 'OBJECT_NOT_FOUND',
    message: `Could not get some ${type.name.toUpperCase()} objects, they may be deleted or not exist. Check that ids are valid.`,
    context: { ids },
  }
  const results = found.flatMap(({ record }) => (record ? [showRecord(record, names)] : []))
  return answerBatch(context, { results, errors: ids.length > 0 ? [missing] : [], status: ids.length > 0 ? 207 : 200 })
}

/** With the properties that were asked for; those without a value are null. */
export function showRecord(record: CrmRecord, names: readonly string[]): object {
  const wanted = ['createdate', 'hs_lastmodifieddate', 'hs_object_id', ...names]
  return {
    ...record,
    properties: Object.fromEntries(wanted.map((name) => [name, record.properties[name] ?? null])),
  }
}

type Row = {
  readonly id: string | null
  readonly idProperty: string | null
  readonly properties: { readonly [name: string]: string }
  readonly trace: string | null
}
type RowOfBatch = { readonly row: Row; readonly kind: Kind; readonly at: number }

function readRow(item: Item, kind: Kind): Row {
  if (kind === 'create') {
    refuseUnknown(item, ['properties', 'associations', 'objectWriteTraceId'])
    const { associations } = item
    if (associations !== undefined && !(Array.isArray(associations) && associations.length === 0))
      throw invalidJson('associations of a create are not in the sandbox')
  } else refuseUnknown(item, ['id', 'idProperty', 'properties', 'objectWriteTraceId'])
  return {
    id: kind === 'create' ? null : readText(item, 'id'),
    idProperty: item['idProperty'] === undefined ? null : readText(item, 'idProperty'),
    properties: readTexts(item, 'properties'),
    trace: item['objectWriteTraceId'] === undefined ? null : readText(item, 'objectWriteTraceId'),
  }
}

function readNames(body: Item, name: string): readonly string[] {
  const names = body[name]
  if (names === undefined || names === null) throw invalidJson(`Some required fields were not set: [${name}]`)
  if (!Array.isArray(names) || !names.every((each) => typeof each === 'string'))
    throw invalidJson(`Cannot deserialize ${name}: a list of texts`)
  return names
}

/** Two inputs that mean one record are refused whole. */
function refuseTwins(rows: readonly Row[]): void {
  const ids = rows.flatMap(({ id }) => (id === null ? [] : [id.trim().toLowerCase()]))
  const twin = ids.find((id, at) => ids.indexOf(id) !== at)
  if (twin !== undefined) throw invalid(`Duplicate IDs found in batch input: [${twin}]. IDs must be unique`)
  const traces = rows.flatMap(({ trace }) => trace ?? [])
  if (new Set(traces).size !== traces.length) throw invalid('Duplicate objectWriteTraceIds found in batch input')
}

function refuseIdProperty(type: ObjectType, kind: Kind | 'read', idProperty: string | null): void {
  if (idProperty === null) {
    if (kind === 'upsert') throw invalidJson('Some required fields were not set: [idProperty]')
    return
  }
  if (kind === 'create' || isIdProperty(type, idProperty, kind === 'update')) return
  if (!type.properties.has(idProperty)) throw invalid(`Property "${idProperty}" does not exist`)
  const act = kind === 'read' ? 'read' : 'update/upsert'
  throw invalid(
    `Unable to perform ${act} by non-unique ${type.objectTypeId} property ${idProperty} in portal ID ${portalId}`,
  )
}

const find = (
  { store }: SimulatorContext,
  type: ObjectType,
  { idProperty, id }: { readonly idProperty: string | null; readonly id: string | null },
) => {
  if (id === null) return undefined
  return idProperty === null ? getRecord(store, type, id) : findRecord(store, type, { property: idProperty, value: id })
}

function applyRow(context: SimulatorContext, type: ObjectType, of: RowOfBatch): CrmRecord | VendorError {
  const checked = checkRow(context, type, of)
  if (isError(checked)) return checked
  const { before, values } = checked
  const kept = keepAddress(type, before, keepStage(type, before, values))
  const record = putRecord(context, type, { id: before?.id ?? null, values: kept })
  return { ...record, ...(of.kind === 'upsert' ? { new: before === undefined } : {}) }
}

/** A lifecycle stage goes forward only, or to nowhere; what would take it back is passed over without a word. */
function keepStage(type: ObjectType, before: CrmRecord | undefined, values: Values): Values {
  const stages = type.properties.get('lifecyclestage')?.options ?? []
  const [held, wanted] = [before?.properties['lifecyclestage'], values['lifecyclestage']]
  const isBackward =
    typeof held === 'string' && typeof wanted === 'string' && stages.indexOf(wanted) < stages.indexOf(held)
  return isBackward ? { ...values, lifecyclestage: held } : values
}

/** A contact that is found by another of its addresses keeps its own. */
function keepAddress(type: ObjectType, before: CrmRecord | undefined, values: Values): Values {
  const { primary } = type
  const [wanted, held] = primary === null ? [] : [values[primary], before?.properties[primary]]
  const isOther =
    before && primary !== null && typeof wanted === 'string' && valuesOf(type, before, primary).includes(wanted)
  return isOther && typeof held === 'string' ? { ...values, [primary]: held } : values
}

type Values = { readonly [name: string]: string | null }

type Checked = { readonly before: CrmRecord | undefined; readonly values: Values }

function checkRow(context: SimulatorContext, type: ObjectType, { row, kind, at }: RowOfBatch): Checked | VendorError {
  const before = find(context, type, row)
  if (kind === 'update' && !before)
    return {
      category: 'OBJECT_NOT_FOUND',
      message: `No ${type.name} with ID ${row.id} exists`,
      context: { ids: [row.id ?? ''] },
    }
  const own = kind === 'upsert' && row.idProperty !== null ? { [row.idProperty]: row.id ?? '' } : {}
  const values = keepValues(type, { ...own, ...row.properties })
  if (isError(values)) return values
  const checked = { before, values }
  return playBadItem(context, row, at) ?? checkUnique(context, type, checked) ?? checked
}

function keepValues(type: ObjectType, properties: { readonly [name: string]: string }): Values | VendorError {
  const values: [string, string | null][] = []
  for (const [name, value] of Object.entries(properties)) {
    const checked = checkValue(type, name, value)
    if ('category' in checked) return checked
    values.push([name, checked.kept])
  }
  return Object.fromEntries(values)
}

function checkUnique({ store }: SimulatorContext, type: ObjectType, { values, before }: Checked): VendorError | null {
  for (const name of uniqueOf(type)) {
    const value = values[name]
    const owner = value ? findRecord(store, type, { property: name, value }) : undefined
    if (!owner || owner.id === before?.id) continue
    if (name === type.primary)
      return { category: 'CONFLICT', message: `Contact already exists. Existing ID: ${owner.id}` }
    return invalidProperty(
      name,
      'CONFLICTING_UNIQUE_VALUE',
      `Cannot set PropertyValueCoordinates{portalId=${portalId}, objectTypeId=${type.objectTypeId}, propertyName=${name}, value=${value}} on ${before?.id ?? 'a new object'}. ${owner.id} already has that value.`,
    )
  }
  return null
}

/** The fault `bad_items`: `{ ids: […] }` names records by the id that they are sent with, `{ every: n }` takes each n-th of a batch. */
function playBadItem({ fault }: SimulatorContext, { id, properties }: Row, at: number): VendorError | null {
  const bad = fault('bad_items')
  if (!bad) return null
  const { ids, every } = bad
  const own = [id, ...Object.values(properties)]
  const isBad =
    (Array.isArray(ids) && own.some((each) => each !== null && ids.includes(each))) ||
    (typeof every === 'number' && at % every === 0)
  return isBad ? { category: 'VALIDATION_ERROR', message: 'refused by the fault bad_items' } : null
}
