/** What of a sync's options decides which rows and values a stream's table holds, and what becomes of a change of them. */
import type { Stream } from '../connector/contract.ts'
import type { Asked, Cursor, LoadedFields, Masks } from '../model/cursor.ts'
import { ownMember } from '../model/own-member.ts'
import type { Session } from '../warehouse/port.ts'
import { childKeysOf } from './child-key.ts'
import { flagOf } from './flag-of.ts'
import { valueMasks } from './history-masks.ts'
import { digestOf } from './options-digest.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

/** @param before what was asked of the same table the last time */
export function askedOf(plan: StreamPlan, start: string | null, before?: Asked): Asked {
  const { stream, config, shape, children } = plan
  const known = before?.table === nameOf(shape) ? before : undefined
  const account = plan.account ?? known?.account
  return {
    start,
    where: config.where,
    masks: masksOf(shape),
    ...(stream.history && { valueMasks: valueMasks(stream.history, shape.columns) }),
    children: Object.fromEntries(children.map(({ child, shape: own }) => [child.name, masksOf(own)])),
    childKeys: childKeysOf(children, known?.childKeys),
    table: nameOf(shape),
    key: stream.key,
    version: stream.version ?? null,
    flag: flagOf(stream),
    source: stream.source ?? null,
    ...(account !== undefined && { account }),
    query: config.query,
    options: Object.fromEntries(
      Object.entries(config.options).filter(([name]) => stream.meaningBy?.includes(name) === true),
    ),
    loaded: loadedOf(shape, known?.loaded),
    inside: {
      ...known?.inside,
      ...Object.fromEntries(
        children.map(({ child, shape: own }) => [child.name, loadedOf(own, ownMember(known?.inside, child.name))]),
      ),
    },
    ...(plan.leftOut && { history: plan.leftOut.by }),
    ...(plan.mode === 'full_refresh' && { replaced: true }),
    by: digestOf(plan),
  }
}

function loadedOf(shape: TableShape, known: LoadedFields | undefined): LoadedFields {
  const columns = Object.fromEntries(shape.columns.map(({ field, column }) => [field, column]))
  const all = { ...known?.columns, ...columns }
  return { columns: all, idle: Object.keys(all).filter((field) => !Object.hasOwn(columns, field)) }
}

const masksOf = ({ columns }: TableShape): Masks =>
  Object.fromEntries(columns.flatMap(({ field, mask }) => (mask ? [[field, mask] as const] : [])))

/** Why rows that stand are others than what comes. */
export type Otherness = {
  readonly what: string
  /** Whose rows are so: the stream's own, or those inside them, too. */
  readonly of: 'own' | 'all'
  /** Which tables go where it is loaded anew. */
  readonly drop: 'own' | 'all'
  /** What may help beside the ways that there always are. */
  readonly first?: string
}

/**
 * Rows of another source, or known by another key, would stand in the table beside those that are there, and both count; by
 * another version nobody could tell which is newer. null: there are none such. @param before undefined: not known
 */
export function otherRows(plan: StreamPlan, before: Asked | undefined): Otherness | null {
  const { stream, shape, mode } = plan
  // What is replaced is gone, and what stays beside it says that it is of another account.
  if (before === undefined || mode === 'full_refresh' || isElsewhere(before, shape)) return null
  const account = otherAccount(plan, before)
  if (account !== null) return { what: account, of: 'all', drop: 'all', first: rightCredentials }
  const source = otherSource(stream, before)
  if (source !== null) return { what: source, of: 'all', drop: 'all' }
  const key = otherKey(stream, shape, before)
  if (key !== null) return { what: key, of: 'own', drop: 'all' }
  const version = otherVersion(stream, before)
  // What is inside has the time of its request as its version, whatever the stream has.
  return version === null ? null : { what: version, of: 'own', drop: 'own' }
}

const rightCredentials = 'Where the credentials are the wrong ones: give the connection those of the account before.'

function otherAccount({ stream, account }: StreamPlan, before: Asked): string | null {
  // A connection that came to name its account, or does so no more, is another source.
  if (stream.source !== undefined || (before.source ?? null) !== null) return null
  if (account === undefined || before.account === undefined || before.account === account) return null
  return `are of the account ${before.account}, and what comes now is of ${account}: they would stand beside each other, or in each other’s place`
}

function otherSource({ source }: Stream, before: Asked): string | null {
  if (before.source === undefined || before.source === (source ?? null)) return null
  return `are of ${before.source ?? ownAccount}, and what comes now is of ${source ?? ownAccount}: ${beside}`
}

function otherKey(stream: Stream, shape: TableShape, before: Asked): string | null {
  const old = keyOf(before.key ?? stream.key, before.masks)
  const now = keyOf(stream.key, masksOf(shape))
  return old === now ? null : `are known by ${old}, and what comes now by ${now}: ${beside}`
}

/**
 * The time of a request is later than what stood in any field: from a field to none nothing is taken for older than it is.
 * Without a key no row is compared with another.
 */
function otherVersion({ version, key }: Stream, before: Asked): string | null {
  if (version === undefined || key.length === 0) return null
  if (before.version === undefined || before.version === version) return null
  return `have as their version ${before.version ?? 'the time at which they were read'}, and what comes now has ${version}: ${undecided}`
}

export const undecided = 'which of two is newer nobody could tell, and what comes might be left out as stale for good'

export const beside = 'they would stand beside each other'

export const nameOf = ({ table }: TableShape): string => `${table.schema}.${table.name}`

/** It was asked of another table. */
export const isElsewhere = ({ table }: Asked, shape: TableShape): boolean =>
  table !== undefined && table !== nameOf(shape)

export const keyOf = (fields: readonly string[], masks: Masks): string =>
  fields
    .map((field) => (ownMember(masks, field) ? `${field} (${ownMember(masks, field)})` : field))
    .toSorted()
    .join(', ')

const ownAccount = 'the connection’s own account'

/**
 * Why everything has to be read again, whatever the cursor says: a table is not there (it was dropped), what was loaded went
 * into another one, or children were left out. null: nothing has to.
 */
export async function restartReason(session: Session, plan: StreamPlan, kept: Cursor): Promise<string | null> {
  const before = kept.marks?.asked
  if (kept.watermark === null && kept.scan === null && before === undefined) return null
  return (await lacksTable(session, plan)) ? 'a table of it was not there' : restartBy(plan, before)
}

export async function lacksTable(session: Session, plan: StreamPlan): Promise<boolean> {
  for (const { table } of [plan.shape, ...plan.children.map(({ shape }) => shape)])
    if (!(await session.introspect(table.schema, table.name))) return true
  return false
}

/** As far as the cursor tells. */
export function restartBy({ shape, children }: StreamPlan, before: Asked | undefined): string | null {
  if (before && isElsewhere(before, shape)) return `the last run loaded it into ${before.table}`
  const loaded = before?.children
  const missed = loaded && children.find(({ child }) => !Object.hasOwn(loaded, child.name))
  return missed ? `${missed.child.name} was left out by the last run` : null
}
