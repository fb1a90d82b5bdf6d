/** Which streams a sync reads, and what table each becomes. */
import type { EtlSync, StreamConfig, StreamMode } from '../config/project.ts'
import type { ChildStream, OpenedConnector, Stream } from '../connector/contract.ts'
import { columnNames, fieldHistoryName, toSnake } from '../model/column-name.ts'
import { intervalColumns } from '../model/interval-columns.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'
import { metaColumns, type Column } from '../model/table.ts'
import type { StagedColumn } from '../staging/staged-column.ts'
import { accountOf } from './account-of.ts'
import { refuseUnknownFields } from './check-fields.ts'
import { checkHistory, madeOf } from './check-history.ts'
import { checkChild, checkMasks, checkWhere, isLoaded } from './check-masks.ts'
import { checkOptions, refuseIdleOptions } from './check-options.ts'
import { chooseStreams } from './choose-streams.ts'
import { historyMasks, recordMask, type HistoryMasks } from './history-masks.ts'
import { withLeftOut, type LeftOut } from './left-out-fields.ts'
import { fieldsOfMode, plainFieldsOfMode } from './mode-fields.ts'
import { parentMask } from './parent-mask.ts'
import { refuseIdleRestate, refuseNoDays, restatedBy } from './report-days.ts'
import type { TableShape } from './table-shape.ts'

export type StreamPlan = {
  readonly stream: Stream
  readonly config: StreamConfig
  readonly shape: TableShape
  readonly mode: StreamMode
  readonly children: readonly ChildPlan[]
  /** Only some of its columns are read, of rows that stand; `sweeps`: of all of them, and what came inside those that are gone goes unread. @default all columns */
  readonly part?: { readonly sweeps: boolean; readonly children: readonly ChildPlan[] }
  /** Of a field history whose object is loaded, too. @default all rows are loaded */
  readonly leftOut?: LeftOut
  /** The connection's, where the rows are its. @default not known, or the stream has a `source` of its own */
  readonly account?: string
}

/** A child stream, with what its own entry in the sync says of it. */
export type ChildPlan = { readonly child: ChildStream; readonly config: StreamConfig; readonly shape: TableShape }

export type ResolveOptions = {
  readonly signal: AbortSignal
  /** The vendor is asked for nothing but its streams: of which account their rows are is not known. @default false */
  readonly offline?: boolean
}

export async function resolveStreams(
  sync: EtlSync,
  connector: OpenedConnector,
  { signal, offline = false }: ResolveOptions,
): Promise<readonly StreamPlan[]> {
  if (!connector.streams)
    throw new MillraceError('MR-1208', {
      message: `${sync.name}: the connection ${sync.source} is not a source: its connector has no streams.`,
      next: 'millrace connection list   shows what each connection can do',
    })
  const wanted = await chooseStreams(sync, connector, signal)
  const streams = await connector.streams({ names: [...wanted.keys()], queries: queriesOf(wanted), signal })
  const owned = new Map(streams.flatMap((stream) => stream.children.map((child) => [child.name, stream] as const)))
  refuseUnknownFields(sync, streams, wanted)
  refuseIdleOptions(sync, streams)
  const account = offline ? undefined : await accountOf(connector, streams, signal)
  const plans: StreamPlan[] = []
  for (const stream of streams) {
    const named = wanted.get(stream.name)
    if (!named) continue
    const config = { ...restatedBy(stream, named), options: checkOptions(sync.name, stream, named) }
    const mode = config.mode ?? (config.restate ? 'replace_window' : usualMode(stream))
    if (mode !== 'append' && mode !== 'full_refresh' && stream.key.length === 0) throw mergeWithoutKey(sync, config)
    if (mode === 'replace_window') refuseNoDays(sync, stream, config)
    checkWhere(sync.name, stream, config)
    await stream.checkAsked?.({ where: config.where, options: config.options }, { signal })
    const alike = recordMask(stream, { wanted, streams })
    if (wanted.has(stream.history?.of ?? '')) checkHistory(sync.name, stream, { config, alike })
    plans.push({
      stream,
      config,
      mode,
      ...(account !== undefined && stream.source === undefined && { account }),
      shape: shapeOf(sync, stream, {
        config,
        ours: mode === 'scd2' ? intervalColumns : [],
        byField: historyMasks(stream, wanted),
        alike,
        needed: [...neededFields(stream, streams), ...fieldsOfMode(mode, stream)],
        wished: wishedFields(stream, { wanted, streams }),
        plain: plainFieldsOfMode(mode, stream),
      }),
      children: stream.children.flatMap((child): ChildPlan[] => {
        const own = wanted.get(child.name)
        return own ? [planChild(sync, child, { stream, of: config, own })] : []
      }),
    })
  }
  refuseIdleRestate(sync, wanted, plans)
  refuseOrphans(sync, wanted, { plans, owned })
  refuseSharedTables(sync, plans)
  return plans.map((plan) => withLeftOut(plan, plans))
}

function planChild(
  sync: EtlSync,
  child: ChildStream,
  { stream, of, own }: { readonly stream: Stream; readonly of: StreamConfig; readonly own: StreamConfig },
): ChildPlan {
  checkChild(sync.name, stream.name, own)
  const alike = parentMask(stream, child, of)
  const shape = shapeOf(sync, child, { config: own, needed: [child.parent], hashable: [child.parent], alike })
  return { child, config: own, shape }
}

/** Of the streams that are the sync's own. */
const queriesOf = (wanted: ReadonlyMap<string, StreamConfig>): { readonly [name: string]: string } =>
  Object.fromEntries(
    [...wanted].flatMap(([name, { query, options }]) =>
      query === null || options['query'] === query ? [] : [[name, query]],
    ),
  )

/** What a stream lands by where its sync says nothing. */
export function usualMode({ appendOnly, reportsDays, key }: Stream): StreamMode {
  if (appendOnly) return 'append'
  if (key.length === 0) return 'full_refresh'
  return reportsDays ? 'replace_window' : 'merge'
}

/** Fields that the engine works with, whatever `include` and `exclude` say. */
function neededFields(stream: Stream, all: readonly Stream[]): readonly string[] {
  const histories = all.flatMap(({ history }) => history ?? [])
  return [
    stream.version,
    stream.deletedWhen?.column,
    ...histories.filter((history) => history.of === stream.name).map((history) => history.createdAt),
  ].filter((field) => field !== undefined)
}

/** Fields that views are made of: loaded beside what `include` says, and not where `exclude` has them. */
function wishedFields(
  { name, history }: Stream,
  { wanted, streams }: { readonly wanted: ReadonlyMap<string, StreamConfig>; readonly streams: readonly Stream[] },
): readonly string[] {
  const who = streams.flatMap((other) => (other.history?.who?.stream === name ? other.history.who : []))
  return [
    ...who.flatMap((names) => [names.key, names.name]),
    ...(history && wanted.has(history.of) ? [...madeOf(history), history.by] : []),
  ]
}

function shapeOf(
  sync: EtlSync,
  stream: Pick<Stream, 'name' | 'key' | 'columns' | 'history' | 'parts' | 'loads'>,
  {
    config,
    needed,
    wished = [],
    plain = [],
    hashable = [],
    ours = [],
    byField,
    alike = {},
  }: {
    readonly config: StreamConfig
    readonly needed: readonly string[]
    readonly wished?: readonly string[]
    readonly plain?: readonly string[]
    readonly hashable?: readonly string[]
    readonly ours?: readonly Column[]
    readonly byField?: HistoryMasks | undefined
    /** Masks that another stream's ask for. */
    readonly alike?: StreamConfig['mask']
  },
): TableShape {
  const own = ours.map(({ name }) => name)
  const names = columnNames(Object.keys(stream.columns), own)
  const required = new Set([...stream.key, ...needed])
  checkMasks({ sync: sync.name, config }, stream, { required, plain, hashable })
  const columns = Object.entries(stream.columns).flatMap(([field, type]): StagedColumn[] => {
    const isWished = wished.includes(field) && !config.exclude.includes(field)
    const isAsked = isLoaded(config, field) && stream.loads?.(field, config.options) !== false
    if (!isAsked && !required.has(field) && !isWished) return []
    const mask = ownMember(config.mask, field) ?? ownMember(alike, field)
    const column = names.get(field) ?? field
    if (byField?.columns.includes(field) && !mask) return [{ field, column, type: 'string', maskBy: byField.by }]
    return [{ field, column, ...(mask ? { type: 'string', mask } : { type }) }]
  })
  return {
    table: {
      schema: sync.schema,
      name: tableName(stream),
      columns: [...columns.map(({ column, type }) => ({ name: column, type })), ...ours, ...metaColumns],
    },
    columns,
    key: stream.key.map((field) => names.get(field) ?? field),
  }
}

/** The rows of `OpportunityFieldHistory` leave their name to the view with valid_from and valid_to. */
export function tableName({ name, history }: Pick<Stream, 'name' | 'history'>): string {
  const table = toSnake(name)
  return history && table === fieldHistoryName(toSnake(history.of)) ? `${table}_raw` : table
}

function refuseOrphans(
  sync: EtlSync,
  wanted: ReadonlyMap<string, StreamConfig>,
  { plans, owned }: { readonly plans: readonly StreamPlan[]; readonly owned: ReadonlyMap<string, Stream> },
): void {
  const loaded = new Set(plans.flatMap((plan) => [plan.stream.name, ...plan.children.map(({ child }) => child.name)]))
  for (const name of wanted.keys())
    if (!loaded.has(name)) {
      const parent = owned.get(name)?.name
      throw new MillraceError('MR-1208', {
        message: parent
          ? `${sync.name}: ${name} comes inside ${parent}, which this sync does not read.`
          : `${sync.name}: ${name} comes inside another stream, which this sync does not read.`,
        next: parent ? `Add ${parent} to its streams.` : 'millrace connection discover shows which.',
      })
    }
}

/** Names that differ by case only fall on one table: rows of one stream would overwrite the other's. */
function refuseSharedTables(sync: EtlSync, plans: readonly StreamPlan[]): void {
  const owners = new Map<string, string>()
  for (const { name, table } of plans.flatMap((plan) => [
    { name: plan.stream.name, table: plan.shape.table.name },
    ...plan.children.map(({ child, shape }) => ({ name: child.name, table: shape.table.name })),
  ])) {
    const other = owners.get(table)
    if (other !== undefined)
      throw new MillraceError('MR-1208', {
        message: `${sync.name}: ${other} and ${name} would both be loaded into ${sync.schema}.${table}.`,
        kept: 'Nothing was read or changed.',
        next: 'Load one of them in a sync of its own, with another schema.',
      })
    owners.set(table, name)
  }
}

function mergeWithoutKey(sync: EtlSync, config: StreamConfig): MillraceError {
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${config.name} has no key, so its rows cannot be merged. (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: 'Use  mode: full_refresh  or, where rows never change,  mode: append.',
  })
}
