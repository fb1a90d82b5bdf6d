/**
 * The diff: one full outer join of model and snapshot, of which only rows that differ are kept, so that a run with nothing
 * to do costs little more than the bare comparison. How many are unchanged is what is left of the model's count.
 */
import { MillraceError } from '../../model/millrace-error.ts'
import type { Table } from '../../model/table.ts'
import type { DiffCounts, DiffRequest, SnapshotColumn } from '../port.ts'
import type { Engine } from './engine.ts'
import {
  diffClass,
  namesOther,
  snapshotOf,
  snapshotTableOf,
  storedTypes,
  wasOut,
  type ColumnTypes,
} from './diff-rows.ts'
import { keySql, type KeyPart } from './key-text.ts'
import { countLeftBehind, countShared, lookUpRecords, recordsOf, type Records } from './records.ts'
import { isOneOf, versionsIn, versionsSql, type Versions } from './row-versions.ts'
import { isUnsettled, snapshotColumn } from './state-schema.ts'

export type Diffed = {
  readonly counts: DiffCounts
  readonly hasRejects: boolean
  /** Those that `_records` tells of; null: no row has to know. */
  readonly records: Records | null
}

export async function diffModel(db: Engine, request: DiffRequest): Promise<Diffed> {
  const table = await snapshotTableOf(db, request)
  const stored = storedTypes(table, request)
  const plain = plainKey(request, stored)
  const { versions, otherKeys, ...open } = await readOpen(db, request, plain)
  const parts = { open, versions, own: otherKeys === 0 ? plain : undefined }
  const rows = `SELECT ${classified(db, request, { ...parts, types: stored })} ${joined(db, request, { ...parts, table })}`
  const keep = (where: string) => db.run(`CREATE OR REPLACE TEMP TABLE _diff AS SELECT * FROM (${rows}) ${where}`)
  const hasRejects = open.rejects > 0
  await db.makeRoom(2 * request.columns.length)
  await keep(`WHERE _class <> ${unchanged}`)
  const records = recordsOf(db, request, stored)
  const counted = await countDiff(db, request, { isWhole: false, records })
  if (counted) return { ...counted, hasRejects }
  // A key stands twice in rows that equal what was sent: to name them, all rows are needed.
  await keep('')
  const whole = await countDiff(db, request, { isWhole: true, records })
  if (whole) return { ...whole, hasRejects }
  throw new MillraceError('MR-7000', { message: `the diff of ${request.sync} does not add up` })
}

function classified(
  db: Engine,
  request: DiffRequest,
  {
    open,
    types,
    versions,
    own,
  }: {
    readonly open: OpenCounts
    readonly types: ColumnTypes
    readonly versions: Versions
    /** The column that is the key, character by character, in every row. */
    readonly own: string | undefined
  },
): string {
  const intent = open.intents > 0 ? 'i.key IS NOT NULL' : 'false'
  const rejected = open.rejects > 0 ? 'r.key IS NOT NULL' : 'false'
  // A key that stands as it is is the join's own column: neither side carries it twice, and rows that meet agree in it.
  const stored = (column: string) => (column === own ? 's.key' : `s.${db.quote(snapshotColumn(column))}`)
  const value = (column: SnapshotColumn) => (column.name === own ? `m.${modelKey}` : typed(db, 'm', column))
  const differs = [
    'NOT s.same',
    ...request.columns
      .filter(({ name }) => name !== own)
      .map(
        (column) =>
          `${db.converted(value(column), column.type, types.get(column.name) ?? column.type)} IS DISTINCT FROM ${stored(column.name)}`,
      ),
  ]
  const otherName = ({ column, normalise }: KeyPart) => {
    const own = request.columns.find(({ name }) => name === column)
    if (!own || request.key.some((part) => part.column === column)) return []
    const cell = { value: value(own), sent: stored(column), now: own.type, stored: types.get(column) ?? own.type }
    return [namesOther(db, cell, normalise)]
  }
  const due = request.refreshBefore ? 's.due' : null
  // Of another record than was accepted, or with an open intent, nobody knows what it says: an opt-out is as good as new.
  const isUnknown = [intent, ...(request.record ?? []).flatMap((part) => otherName(part))].join(' OR ')
  const turned = request.optOuts.map(
    (name, index) =>
      `(m.${db.quote(name)} IS NOT DISTINCT FROM true AND (${isUnknown}${(versions.fresh[index] ?? []).length > 0 ? ` OR s.fresh${index}` : ''} OR ${wasOut(db, stored(name), types.get(name) ?? 'boolean')} IS DISTINCT FROM true))`,
  )
  return [
    `coalesce(m.${modelKey}, s.key${open.intents > 0 ? ', i.key' : ''}) AS _key`,
    `CAST(CASE WHEN m.${present} IS NULL THEN CASE WHEN s.accepted OR ${open.ignored > 0 ? 's.ignored OR ' : ''}${intent} THEN ${removed} ELSE ${gone} END ` +
      `WHEN m.${modelKey} IS NULL THEN ${nullKey} ` +
      `WHEN ${intent} OR ${rejected} THEN ${retry} ` +
      `WHEN s.accepted IS DISTINCT FROM true THEN ${added} ` +
      `WHEN ${differs.join(' OR ')} THEN ${changed} ${due === null ? '' : `WHEN ${due} THEN ${changed} `}ELSE ${unchanged} END AS INTEGER) AS _class`,
    `${due === null ? 'false' : `(m.${present} IS NOT NULL AND s.accepted AND ${due})`} AS _refresh`,
    ...(open.rejects > 0
      ? [`r.value AS _value, coalesce(r.refusals, 0) AS _refusals, coalesce(r.parked, false) AS _parked`]
      : ['CAST(NULL AS VARCHAR) AS _value, 0 AS _refusals, false AS _parked']),
    `${turned.length > 0 ? turned.join(' OR ') : 'false'} AS _turned`,
    `s.accepted AS _accepted, s.same AS _same`,
    `s.key IS NOT NULL AS _stored, ${intent} AS _intent, ${open.rejects > 0 ? 'coalesce(r.attempts, 0)' : '0'} AS _attempts`,
    ...request.columns.map((column, index) => `${value(column)} AS m${index}, ${stored(column.name)} AS s${index}`),
  ].join(', ')
}

function joined(
  db: Engine,
  request: DiffRequest,
  { open, table, versions }: { readonly open: OpenCounts; readonly table: Table | null; readonly versions: Versions },
): string {
  const sync = db.text(request.sync)
  const values = (table?.columns ?? []).filter(({ name }) => name.startsWith(snapshotColumn('')))
  const facts = [
    'key',
    `state = 'accepted' AS accepted`,
    ...(open.ignored > 0 ? [`state = 'ignored' AS ignored`] : []),
    `${versions.same === null ? 'true' : isOneOf(db, versions.same)} AS same`,
    ...versions.fresh.flatMap((which, index) => (which.length > 0 ? [`${isOneOf(db, which)} AS fresh${index}`] : [])),
    `${dueSql(db, request)} AS due`,
    ...values.map(({ name }) => db.quote(name)),
  ]
  return [
    `FROM (SELECT ${keySql(db, request)} AS ${modelKey}, true AS ${present}, * FROM (${request.model})) m`,
    // What is wide, or the same in every row, stays outside of the join.
    `FULL OUTER JOIN (SELECT ${facts.join(', ')} FROM ${snapshotOf(db, request)}) s ON m.${modelKey} = s.key`,
    // A key that was intended and is in neither may have arrived: it is removed.
    open.intents > 0
      ? `FULL OUTER JOIN (SELECT DISTINCT key FROM _millrace.intents WHERE sync = ${sync}) i ON i.key = coalesce(m.${modelKey}, s.key)`
      : '',
    open.rejects > 0
      ? `LEFT JOIN (SELECT key, max(attempts) AS attempts, max_by(value, last_at) AS value, max(refusals) AS refusals, count_if(state = 'parked') > 0 AS parked FROM _millrace.rejects WHERE sync = ${sync} AND ${isUnsettled} GROUP BY key) r ON r.key = coalesce(m.${modelKey}, s.key)`
      : '',
  ].join(' ')
}

/** Not `isWhole`: unchanged rows are not in `_diff`. null: and a key stands twice among them. */
async function countDiff(
  db: Engine,
  request: DiffRequest,
  { isWhole, records }: { readonly isWhole: boolean; readonly records: Records | null },
): Promise<Omit<Diffed, 'hasRejects'> | null> {
  const [sums] = await db.rows(
    `SELECT m.n AS model, s.n AS stored, d.n AS kept, d.present, d.met FROM (SELECT count(*) AS n FROM (${request.model})) m, ` +
      `(SELECT count_if(state = 'accepted') AS n FROM ${snapshotOf(db, request)}) s, ` +
      `(SELECT count(*) AS n, count_if(_class NOT IN (${removed}, ${gone})) AS present, ` +
      `count(DISTINCT CASE WHEN _accepted THEN _key END) AS met FROM _diff) d`,
  )
  const sum = (name: string) => Number(sums?.[name] ?? 0)
  const accepted = sum('stored')
  const same = isWhole ? 0 : sum('model') - sum('present')
  // What was accepted and is not in `_diff` was met by one unchanged row each, or a model key stands twice.
  if (!isWhole && same !== accepted - sum('met')) return null
  const isEmpty = sum('kept') === 0
  const duplicates = isEmpty ? [] : await markDuplicates(db)
  const classes = isEmpty
    ? []
    : await db.rows(`SELECT _class, count(*) AS n${asks(records)} FROM _diff GROUP BY _class`)
  const count = (wanted: number) => Number(classes.find((row) => row['_class'] === String(wanted))?.['n'] ?? 0)
  const countAll = (name: string) => classes.reduce((all, row) => all + Number(row[name] ?? 0), 0)
  const counts = {
    added: count(added),
    changed: count(changed),
    unchanged: count(unchanged) + same,
    retry: count(retry),
    invalid: count(nullKey) + count(duplicate),
    removed: count(removed),
  }
  const isLookedUp = records !== null && countAll('asking') > 0
  if (isLookedUp) await lookUpRecords(db, request, records)
  const toSend = counts.added + counts.changed + counts.retry
  const whole: DiffCounts = {
    ...counts,
    model_rows: counts.added + counts.changed + counts.unchanged + counts.retry + counts.invalid,
    accepted,
    invalidSamples: [...(count(nullKey) > 0 ? ['null'] : []), ...duplicates],
    sharedRecords: toSend > 0 && records?.mayBeShared ? await countShared(db, request, records) : 0,
    leftBehind:
      records !== null && countAll('left_it') > 0
        ? await countLeftBehind(db, records, { isLookedUp: isLookedUp && records.mayBeShared })
        : 0,
  }
  return { counts: whole, records: isLookedUp ? records : null }
}

/** What has to be asked of other rows of the model costs another look at it: only where there is such a row. */
function asks(records: Records | null): string {
  if (records === null) return ''
  const asking = [records.asksStanding, records.asksOthers].filter((sql) => sql !== null)
  const counted = (name: string, ...conditions: readonly string[]) =>
    conditions.length === 0 ? '' : `, count_if(${conditions.join(' OR ')}) AS ${name}`
  return counted('asking', ...asking) + counted('left_it', ...(records.left === null ? [] : [records.left]))
}

/** The column that is the key, character by character; undefined: the key is made of it, or of several. */
function plainKey({ key, columns }: DiffRequest, types: ColumnTypes): string | undefined {
  const [only, ...rest] = key
  if (!only || rest.length > 0 || only.normalise !== 'exact' || types.get(only.column) !== 'string') return undefined
  return columns.find(({ name, type }) => name === only.column && type === 'string')?.name
}

const dueSql = (db: Engine, { refreshBefore }: DiffRequest): string =>
  refreshBefore ? `coalesce(sent_at, accepted_at) < ${db.instant(refreshBefore)}` : 'false'

/** Marks every model row whose key stands more than once; gives some of the keys. */
async function markDuplicates(db: Engine): Promise<readonly string[]> {
  const suspects = `_class NOT IN (${removed}, ${gone})`
  const twice = `SELECT _key FROM _diff WHERE _key IS NOT NULL AND ${suspects} GROUP BY _key HAVING count(*) > 1`
  const keys = await db.rows(`${twice} ORDER BY 1 LIMIT 5`)
  if (keys.length > 0) await db.run(`UPDATE _diff SET _class = ${duplicate} WHERE _key IN (${twice})`)
  return keys.map((row) => row['_key'] ?? '')
}

/** Keys of the model, and of rows that are still to be removed: all others have nothing left to be sent. */
export const keysAtStake = (): string => `SELECT _key FROM _diff WHERE _key IS NOT NULL AND _class <> ${gone}`

/** `ignored`: rows that left, of which the destination is to be told after all. */
type OpenCounts = { readonly intents: number; readonly rejects: number; readonly ignored: number }

/** `otherKeys`: rows that were accepted under another key than `plain` says, as where the destination did not heed case then. */
async function readOpen(
  db: Engine,
  request: DiffRequest,
  plain: string | undefined,
): Promise<OpenCounts & { readonly versions: Versions; readonly otherKeys: number }> {
  const { sync, removesIgnored } = request
  const otherKeys =
    plain === undefined
      ? '0'
      : `(SELECT count(*) FROM ${snapshotOf(db, request)} WHERE mapping_version <> ${db.text(request.mappingVersion)} AND key <> ${db.quote(snapshotColumn(plain))})`
  const ignored = removesIgnored ? `(SELECT count(*) FROM ${snapshotOf(db, request)} WHERE state = 'ignored')` : '0'
  const [row] = await db.rows(
    `SELECT (SELECT count(*) FROM _millrace.intents WHERE sync = ${db.text(sync)}) AS intents, ` +
      `(SELECT count(*) FROM _millrace.rejects WHERE sync = ${db.text(sync)} AND ${isUnsettled}) AS rejects, ${ignored} AS ignored, ${otherKeys} AS other_keys, ${versionsSql(db, request)} AS versions`,
  )
  const count = (name: string) => Number(row?.[name] ?? 0)
  return {
    intents: count('intents'),
    rejects: count('rejects'),
    ignored: count('ignored'),
    otherKeys: count('other_keys'),
    versions: versionsIn(row?.['versions'] ?? null, request),
  }
}

/** A model's value in the snapshot's type, so that both sides compare alike. */
const typed = (db: Engine, side: string, column: SnapshotColumn) =>
  db.cast(`${side}.${db.quote(column.name)}`, column.type)

/** Names of our own beside a model's columns, which may bear any other. */
const modelKey = '"#key"'
const present = '"#present"'
const { unchanged, added, changed, retry, removed, gone, nullKey, duplicate } = diffClass
