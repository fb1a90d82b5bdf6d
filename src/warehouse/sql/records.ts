/**
 * Which record of the destination a row means, where its key does not say it alone: several rows may mean one. What the other
 * rows of the model say of a record is asked for the rows of `_diff` that need it, and for no others.
 */
import type { LogicalType } from '../../model/logical-type.ts'
import type { DiffRequest } from '../port.ts'
import { diffClass, namesOther, sentText, wasOut, type ColumnTypes } from './diff-rows.ts'
import { countIn } from './count-in.ts'
import type { Engine } from './engine.ts'
import { normalised, partsText, withoutScale, type KeyPart } from './key-text.ts'

/** What names a record: its text, of a row of the model and of one of `_diff`. */
type Name = { readonly inModel: string; readonly now: string }

/** Conditions are SQL over a row of `_diff`; null: they hold for none. */
export type Records = Name & {
  /** May another row mean the same one? */
  readonly mayBeShared: boolean
  /** It means another record than it was accepted for, which is found by another value. */
  readonly left: string | null
  /** It has to know whether another row means the record that it was accepted for. */
  readonly asksStanding: string | null
  /** It has to know what the other rows of its record say. */
  readonly asksOthers: string | null
  /** By what those are known, each with the table that tells what they say. */
  readonly others: readonly (Name & { readonly table: string })[]
  /** It turned off, by column. */
  readonly turnedIn: readonly { readonly column: string; readonly sql: string }[]
  /** The record's text as it was sent. */
  readonly sent: string
}

export function recordsOf(db: Engine, request: DiffRequest, stored: ColumnTypes): Records | null {
  const parts = (request.record ?? []).flatMap((part) => partOf(request, stored, part))
  if (parts.length === 0) return null
  const beside = parts.filter(({ column }) => !request.key.some((key) => key.column === column))
  type Cell = (part: Part) => { readonly sql: string; readonly type: LogicalType }
  const texts = (of: readonly Part[], cell: Cell) =>
    of.map((part) => {
      const { sql, type } = cell(part)
      return normalised(db, withoutScale(db, sql, type), part.normalise)
    })
  const text = (of: readonly Part[], cell: Cell) => partsText(db, texts(of, cell))
  // In place of what finds it, which is the first.
  const otherText = (of: readonly Part[], cell: Cell) =>
    partsText(db, [anyText(db, texts(of, cell)), ...texts(parts.slice(1), cell)])
  const inModel: Cell = ({ column, now }) => ({ sql: db.quote(column), type: now })
  const now: Cell = ({ index, now: type }) => ({ sql: `m${index}`, type })
  const name: Name = { inModel: text(parts, inModel), now: text(parts, now) }
  const isMoved = (which: readonly Part[]) => {
    const others = which.map((part) =>
      namesOther(db, { ...part, value: `m${part.index}`, sent: `s${part.index}` }, part.normalise),
    )
    return others.length === 0
      ? null
      : `(_class IN (${diffClass.changed}, ${diffClass.retry}) AND _accepted AND (${others.join(' OR ')}))`
  }
  const moved = isMoved(beside)
  const holdsKey = request.key.every(({ column }) => parts.some((part) => part.column === column))
  const mayBeShared = !holdsKey
  // A key whose type has changed is another text, and still the same record.
  const isOneText = holdsKey && request.key.every(({ column }) => keepsText(parts, column))
  const others = [
    ...(mayBeShared ? [{ ...name, table: recordsTable }] : []),
    ...(request.otherNames ?? []).map((other, index) => {
      const of = other.flatMap((part) => partOf(request, stored, part))
      return { inModel: otherText(of, inModel), now: otherText(of, now), table: `_others${index}` }
    }),
  ]
  const turnedIn = others.length > 0 ? turnedInOf(db, request, stored) : []
  return {
    ...name,
    mayBeShared,
    left: isMoved(beside.filter((part) => part === parts[0])),
    asksStanding: isOneText
      ? `(${isRemoved} AND ${hasOlderKey(db, request)})`
      : mayBeShared && moved !== null
        ? `(${isRemoved} OR ${moved})`
        : isRemoved,
    asksOthers: turnedIn.length === 0 ? null : `(${turnedIn.map(({ sql }) => sql).join(' OR ')})`,
    others,
    turnedIn,
    sent: text(parts, ({ index, now, stored: type }) => sentText(db, `s${index}`, { stored: type, now })),
  }
}

/** Fills `_records`: of the records that rows of `_diff` ask for, those that rows of the model mean, and what these say. So of other names. */
export async function lookUpRecords(db: Engine, { model }: DiffRequest, records: Records): Promise<void> {
  const { asksStanding, asksOthers, others, inModel, sent, turnedIn } = records
  const flags = turnedIn.map(({ column }, index) => `count_if(${db.quote(column)}) > 0 AS o${index}`)
  const outs = turnedIn.map(({ column }) => `, ${db.quote(column)}`)
  const texts = (sql: string, where: string | null) =>
    where === null ? [] : [`SELECT ${sql} FROM _diff WHERE ${where}`]
  const asked = [
    ...texts(sent, asksStanding).map((text) => ({ table: recordsTable, inModel, text })),
    ...others.flatMap((other) => texts(other.now, asksOthers).map((text) => ({ ...other, text }))),
  ]
  for (const [table, name] of new Map(asked.map((each) => [each.table, each.inModel]))) {
    const wanted = asked.filter((each) => each.table === table).map(({ text }) => text)
    await db.run(
      `CREATE OR REPLACE TEMP TABLE ${table} AS SELECT ${[recordText, ...flags].join(', ')} ` +
        `FROM (SELECT ${name} AS ${recordText}${outs.join('')} FROM (${model})) ` +
        `WHERE ${recordText} IN (${wanted.join(' UNION ALL ')}) GROUP BY ${recordText}`,
    )
  }
}

/** Joins them to `_diff`: `stays` where the record that was stands, `others0` and so on where the row's own is asked about. */
export function joinRecords({ asksStanding, asksOthers, others, sent }: Records): string {
  const join = (name: string, table: string, on: { readonly asks: string | null; readonly text: string }) =>
    on.asks === null ? '' : ` LEFT JOIN ${table} ${name} ON ${on.asks} AND ${name}.${recordText} = ${on.text}`
  return [
    join('stays', recordsTable, { asks: asksStanding, text: sent }),
    ...others.map(({ table, now }, index) => join(`others${index}`, table, { asks: asksOthers, text: now })),
  ].join('')
}

/** Behind that join: were other rows found, and which of them turned off here, and say opted out there? */
export function othersSay({ others, turnedIn }: Records): { readonly any: string; readonly out: readonly string[] } {
  const some = (cell: string) => `(${others.map((_name, index) => `others${index}.${cell}`).join(' OR ')})`
  return {
    any: some(`${recordText} IS NOT NULL`),
    out: turnedIn.map(({ sql }, index) => `(${sql} AND ${some(`o${index}`)})`),
  }
}

export function countShared(db: Engine, { model }: DiffRequest, records: Records): Promise<number> {
  const { added, changed, retry } = diffClass
  return countIn(
    db,
    `(SELECT ${recordText} FROM (SELECT ${records.inModel} AS ${recordText} FROM (${model})) ` +
      `WHERE ${recordText} IN (SELECT ${records.now} FROM _diff WHERE _class IN (${added}, ${changed}, ${retry})) ` +
      `GROUP BY ${recordText} HAVING count(*) > 1)`,
  )
}

export async function countLeftBehind(
  db: Engine,
  { left, sent }: Records,
  { isLookedUp }: { readonly isLookedUp: boolean },
): Promise<number> {
  const [row] = await db.rows(
    `SELECT count(DISTINCT ${sent}) AS n FROM _diff WHERE ${left}` +
      (isLookedUp ? ` AND ${sent} NOT IN (SELECT ${recordText} FROM ${recordsTable})` : ''),
  )
  return Number(row?.['n'] ?? 0)
}

type Part = KeyPart & { readonly index: number; readonly now: LogicalType; readonly stored: LogicalType }

function partOf({ columns }: DiffRequest, stored: ColumnTypes, part: KeyPart): readonly Part[] {
  const index = columns.findIndex(({ name }) => name === part.column)
  const now = columns[index]?.type
  return now === undefined ? [] : [{ ...part, index, now, stored: stored.get(part.column) ?? now }]
}

function turnedInOf(db: Engine, { columns, optIns = [] }: DiffRequest, stored: ColumnTypes): Records['turnedIn'] {
  // One may fill several fields.
  return [...new Set(optIns)].flatMap((column) => {
    const index = columns.findIndex(({ name }) => name === column)
    if (index < 0) return []
    return [
      {
        column,
        sql: `(m${index} IS NOT DISTINCT FROM false AND ${wasOut(db, `s${index}`, stored.get(column) ?? 'boolean')})`,
      },
    ]
  })
}

/** Has the key the same text whatever it was stored as? */
function keepsText(parts: readonly Part[], column: string): boolean {
  const part = parts.find((each) => each.column === column)
  return part !== undefined && part.now === part.stored && (part.now === 'string' || part.now === 'integer')
}

/** The destination compared its records without case once, and does no more, or the reverse: the values make another key today. */
function hasOlderKey(db: Engine, { key, columns }: DiffRequest): string {
  const sent = key.map(({ column, normalise }) =>
    normalised(db, `s${columns.findIndex(({ name }) => name === column)}`, normalise),
  )
  return `_key <> ${partsText(db, sent)}`
}

/** Of a value that is made of these, some of which may be empty: null where all are. */
function anyText(db: Engine, parts: readonly string[]): string {
  const texts = parts.map((part) => `nullif(${part}, '')`)
  if (texts.length === 1) return texts[0] ?? 'NULL'
  return `CASE WHEN coalesce(${texts.join(', ')}) IS NULL THEN NULL ELSE ${db.textList(texts)} END`
}

const isRemoved = `_class = ${diffClass.removed}`

const recordsTable = '_records'

/** A name of our own beside a model's columns, which may bear any other. */
export const recordText = '"#record"'
