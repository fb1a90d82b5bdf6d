/** Which streams a sync reads, and what table each becomes. */
import { matchesGlob } from 'node:path'
import type { EtlSync, StreamConfig } from '../config/project.ts'
import type { ChildStream, OpenedConnector, Stream } from '../connector/contract.ts'
import { columnNames, fieldHistoryName, toSnake } from '../model/column-name.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { metaColumns, type Table } from '../model/table.ts'
import type { StagedColumn } from '../staging/staged-column.ts'

export type StreamPlan = {
  readonly stream: Stream
  readonly config: StreamConfig
  readonly shape: TableShape
  readonly mode: 'merge' | 'append' | 'full_refresh'
  readonly children: readonly { readonly child: ChildStream; readonly shape: TableShape }[]
}

export type TableShape = {
  readonly table: Table
  readonly columns: readonly StagedColumn[]
  /** Column names of the key. */
  readonly key: readonly string[]
}

export async function resolveStreams(
  sync: EtlSync,
  connector: OpenedConnector,
  signal: AbortSignal,
): Promise<readonly StreamPlan[]> {
  if (!connector.streams)
    throw new MillraceError('MR-1208', {
      message: `${sync.name}: the connection ${sync.source} is not a source: its connector has no streams.`,
      next: 'millrace connection list   shows what each connection can do',
    })
  const wanted = await chooseNames(sync, connector, signal)
  const streams = await connector.streams({ names: [...wanted.keys()], signal })
  const owned = new Map(streams.flatMap((stream) => stream.children.map((child) => [child.name, stream] as const)))
  const plans: StreamPlan[] = []
  for (const stream of streams) {
    const config = wanted.get(stream.name)
    if (!config) continue
    const children = stream.children.filter((child) => wanted.has(child.name))
    plans.push({
      stream,
      config,
      shape: shapeOf(sync, stream, config),
      mode: config.mode ?? (stream.appendOnly ? 'append' : stream.key.length > 0 ? 'merge' : 'full_refresh'),
      children: children.map((child) => ({
        child,
        shape: shapeOf(sync, { ...child, deletedWhen: undefined, version: undefined }, config),
      })),
    })
  }
  refuseOrphans(sync, wanted, { plans, owned })
  return plans
}

/** Exact names win over globs; a stream's history comes with it when asked for. */
async function chooseNames(
  sync: EtlSync,
  connector: OpenedConnector,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, StreamConfig>> {
  const offered =
    (await connector.streamNames?.({ signal })) ??
    (await connector.streams?.({ signal }))?.map((stream) => stream.name) ??
    []
  const chosen = new Map<string, StreamConfig>()
  for (const config of sync.streams) {
    if (!/[*?[\]{}]/.test(config.name)) {
      if (!offered.includes(config.name)) throw unknownStream(sync, config, offered)
      if (config.enabled) chosen.set(config.name, config)
      continue
    }
    const exact = new Set(sync.streams.map((other) => other.name))
    for (const name of offered)
      if (!exact.has(name) && config.enabled && matchesGlob(name, config.name) && !chosen.has(name))
        chosen.set(name, config)
  }
  for (const [name, config] of [...chosen])
    if (config.fieldHistory) {
      const history = historyNames(name).find((candidate) => offered.includes(candidate))
      if (!history)
        throw new MillraceError('MR-1208', {
          message: `${sync.name}: ${name} has no field history at this vendor (looked for ${historyNames(name).join(', ')}).`,
          next: 'Turn history tracking on there, or take field_history off this stream.',
        })
      if (!chosen.has(history))
        chosen.set(history, {
          ...config,
          name: history,
          fieldHistory: false,
          include: null,
          exclude: [],
          where: null,
          mode: null,
        })
    }
  return chosen
}

const historyNames = (name: string): readonly string[] => [
  `${name}History`,
  `${name}FieldHistory`,
  name.replace(/__c$/, '__History'),
]

function shapeOf(
  sync: EtlSync,
  stream: Pick<Stream, 'name' | 'key' | 'columns' | 'version' | 'deletedWhen' | 'history'>,
  config: StreamConfig,
): TableShape {
  const names = columnNames(Object.keys(stream.columns))
  const required = new Set([...stream.key, stream.version, stream.deletedWhen?.column])
  for (const field of [...(config.include ?? []), ...config.exclude])
    if (!(field in stream.columns) && stream.name === config.name) throw unknownField(sync, field, stream)
  const columns = Object.entries(stream.columns).flatMap(([field, type]): StagedColumn[] => {
    const wanted = (config.include === null || config.include.includes(field)) && !config.exclude.includes(field)
    return wanted || required.has(field) ? [{ field, column: names.get(field) ?? field, type }] : []
  })
  return {
    table: {
      schema: sync.schema,
      name: tableName(stream),
      columns: [...columns.map(({ column, type }) => ({ name: column, type })), ...metaColumns],
    },
    columns,
    key: stream.key.map((field) => names.get(field) ?? field),
  }
}

/** The rows of `OpportunityFieldHistory` leave their name to the view with valid_from and valid_to. */
function tableName({ name, history }: Pick<Stream, 'name' | 'history'>): string {
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

function unknownStream(sync: EtlSync, config: StreamConfig, offered: readonly string[]): MillraceError {
  const near = didYouMean(config.name, offered)
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${sync.source} has no stream ${config.name}${near ? `; did you mean ${near}?` : '.'} (${config.place.file}:${config.place.line})`,
    kept: 'Nothing was read or changed.',
    next: `millrace connection discover ${sync.source}   lists all ${offered.length}`,
  })
}

function unknownField(sync: EtlSync, field: string, stream: Pick<Stream, 'name' | 'columns'>): MillraceError {
  const near = didYouMean(field, Object.keys(stream.columns))
  return new MillraceError('MR-1208', {
    message: `${sync.name}: ${stream.name} has no field ${field}${near ? `; did you mean ${near}?` : '.'}`,
    kept: 'Nothing was read or changed.',
    next: `millrace connection discover ${sync.source}   lists the fields`,
  })
}
