/** From what the files say to what the rest of millrace sees: camelCase, defaults of the file applied to its parts. */
import type { MappingForm } from './read-mapping.ts'
import type { MillraceFile } from './millrace-file.ts'
import { insideProject } from './project-paths.ts'
import type {
  ConnectionConfig,
  EtlSync,
  MappedPart,
  MappedValue,
  Mapping,
  OnRemoved,
  Place,
  ReverseSync,
  StreamConfig,
  Target,
  WarehouseConfig,
} from './project.ts'
import { resolveSnowflake } from './snowflake-warehouse.ts'
import type { EtlSyncFile, ReverseSyncFile } from './sync-file.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

export function resolveTargets(
  file: MillraceFile,
  yaml: YamlFile,
  context: { home: string; report: Report },
): { [name: string]: Target } {
  return mapValues(file.targets, (target, name) => ({
    name,
    sandbox: target.sandbox,
    deliver: target.deliver ?? target.sandbox,
    warehouse: resolveWarehouse(target.warehouse, { ...context, yaml, target: name }),
    connections: target.connections,
    changesRetentionMs: target.changes_retention,
  }))
}

type WarehouseKeys = NonNullable<MillraceFile['targets'][string]['warehouse']>

function resolveWarehouse(
  keys: WarehouseKeys | undefined,
  context: { home: string; report: Report; yaml: YamlFile; target: string },
): WarehouseConfig {
  if (keys?.type === 'snowflake') return resolveSnowflake(keys)
  const path = keys?.path ?? `.millrace/${context.target}.duckdb`
  const absolute = path.includes('${') || path.startsWith(':') ? undefined : insideProject(context.home, path)
  if (absolute === undefined)
    context.report('MR-1206', {
      message: `the warehouse of target \`${context.target}\`, \`${path}\`, is not a file inside the project`,
      next: `Use a path such as \`.millrace/${context.target}.duckdb\`.`,
      place: context.yaml.placeOf(['targets', context.target, 'warehouse', 'path'], 'value'),
    })
  return {
    type: 'duckdb',
    path: absolute ?? '',
    memoryLimit: keys?.memory_limit ?? '1GB',
    threads: keys?.threads ?? null,
  }
}

export function resolveConnections(file: MillraceFile, yaml: YamlFile): { [name: string]: ConnectionConfig } {
  return mapValues(file.connections, ({ connector, max_runs, ...keys }, name) => ({
    name,
    connector,
    maxRuns: max_runs ?? null,
    keys,
    place: place(yaml, ['connections', name]),
  }))
}

export function resolveEtlSync(file: EtlSyncFile, name: string, yaml: YamlFile): EtlSync {
  const streams = Object.entries(file.streams).map(([stream, own]): StreamConfig => {
    const keys = { ...file, ...own }
    return {
      name: stream,
      place: place(yaml, ['streams', stream]),
      enabled: keys.enabled ?? true,
      mode: keys.mode ?? null,
      include: keys.include ?? null,
      // What the sync keeps out or hides, no stream brings back by naming more of it.
      exclude: union(file.exclude, own.exclude),
      pii: union(file.pii, own.pii),
      mask: { ...file.mask, ...own.mask },
      ownFields: union(own.include, own.exclude, own.pii, Object.keys(own.mask ?? {})),
      where: keys.where ?? null,
      fieldHistory: keys.field_history ?? false,
      schemaChanges: keys.schema_changes ?? 'evolve',
      restate: keys.restate ? { windowMs: keys.restate.window, everyMs: keys.restate.every } : null,
      formulaRefreshMs: keys.formula_refresh ?? null,
      reconcileMs: keys.reconcile ?? null,
      own: Object.keys(own),
      query: own.query ?? null,
      options: { ...file.options, ...own.options },
      ownOptions: Object.keys(own.options ?? {}),
    }
  })
  return {
    kind: 'etl',
    name,
    place: place(yaml, ['source']),
    tags: file.tags,
    source: file.source,
    schema: file.schema ?? name,
    start: file.start === undefined ? null : new Date(file.start).toISOString(),
    verify: file.verify,
    maxShrink: file.limits.max_shrink,
    after: file.after,
    shared: { exclude: file.exclude ?? [], mask: file.mask ?? {}, options: file.options ?? {} },
    streams,
  }
}

const union = (...lists: readonly (readonly string[] | undefined)[]): readonly string[] => [
  ...new Set(lists.flatMap((list) => list ?? [])),
]

export function resolveReverseSync(file: ReverseSyncFile, name: string, yaml: YamlFile): ReverseSync {
  return {
    kind: 'reverse_etl',
    name,
    place: place(yaml, ['model']),
    tags: file.tags,
    model: file.model,
    primaryKey: typeof file.primary_key === 'string' ? [file.primary_key] : file.primary_key,
    destination: file.destination,
    object: file.object,
    match: file.match,
    mode: file.mode,
    after: file.after,
    freshness: file.freshness,
    map: Object.entries(file.map).map(([field, mapping]) => ({
      field,
      place: place(yaml, ['map', field]),
      ...resolveMapping(mapping, file.omit_null),
    })),
    onRemoved: resolveOnRemoved(file.on_removed),
    optOutRemoval: file.opt_out_removal,
    refreshEveryMs: file.refresh_every ?? null,
    parkAfter: file.park_after === 'never' ? null : file.park_after,
    verifyOptOuts: file.verify_opt_outs,
    limits: {
      maxAdded: file.limits.max_added,
      maxChanged: file.limits.max_changed,
      maxRemoved: file.limits.max_removed,
      onEmpty: file.limits.on_empty,
    },
    options: file.options,
    onInvalidKeys: file.on_invalid_keys,
    changesRetentionMs: file.changes_retention ?? null,
  }
}

type MappingKind = Mapping extends infer Each ? (Each extends Mapping ? Omit<Each, 'field' | 'place'> : never) : never

function resolveMapping(form: MappingForm, omitNull: boolean): MappingKind {
  if (form.kind === 'opt_out') {
    const { column, out, allowOptIn } = form
    return { kind: 'opt_out', column, out, in: form.in, allowOptIn }
  }
  return { ...resolvePart(form, omitNull), ...(form.setIfEmpty && { setIfEmpty: true }) }
}

/** What a part does not say of nulls, the object or list around it says, and at last the sync. */
function resolvePart(form: MappingForm, inherited: boolean): MappedPart {
  const { omitNull, setIfEmpty: _, ...rest } = form
  const omits = omitNull ?? inherited
  return { ...resolveValue(rest, omits), ...(omits && form.kind !== 'value' && { omitNull: true }) }
}

type FormValue = MappingForm extends infer Each
  ? Each extends MappingForm
    ? Omit<Each, 'omitNull' | 'setIfEmpty'>
    : never
  : never

function resolveValue(form: FormValue, omitNull: boolean): MappedValue {
  switch (form.kind) {
    case 'object':
      return { kind: 'object', parts: mapValues(form.parts, (part) => resolvePart(part, omitNull)) }
    case 'array':
      return { kind: 'array', items: form.items.map((item) => resolvePart(item, omitNull)) }
    case 'opt_out':
      // The schema has refused it inside another value.
      return { kind: 'value', value: null }
    default:
      return form
  }
}

function resolveOnRemoved(onRemoved: ReverseSyncFile['on_removed']): OnRemoved {
  if (typeof onRemoved === 'string') return { kind: onRemoved }
  return 'clear' in onRemoved ? { kind: 'clear', fields: onRemoved.clear } : { kind: 'set', values: onRemoved.set }
}

function place(yaml: YamlFile, path: Path): Place {
  const { file, line, column } = yaml.placeOf(path, 'key')
  return { file, line, column }
}

function mapValues<From, To>(
  record: { readonly [name: string]: From },
  change: (value: From, name: string) => To,
): { [name: string]: To } {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]))
}
