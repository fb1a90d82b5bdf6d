/** Checks across files, all offline: every name must be defined, and what a sync says must fit together. */
import { didYouMean } from '../model/did-you-mean.ts'
import type { SourcePlace } from '../model/millrace-error.ts'
import { lookupsOf } from './lookups.ts'
import type { EtlSync, Mapping, Project, ReverseSync, Sync, Target } from './project.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

/** Names that are defined; those of files that could not be read count as well, so that one mistake makes one finding. */
export type KnownNames = {
  readonly targets: readonly string[]
  readonly connections: readonly string[]
  readonly syncs: readonly string[]
  readonly etlSyncs: readonly string[]
  readonly models: readonly string[]
}

export function checkMillrace(
  project: Pick<Project, 'defaultTarget' | 'targets'>,
  known: KnownNames,
  context: { yaml: YamlFile; report: Report },
): void {
  const check = checker(context.yaml, context.report)
  check.defined('target', project.defaultTarget, known.targets, ['default_target'])
  const places = new Map<string, string>()
  for (const target of Object.values(project.targets)) {
    for (const name of Object.keys(target.connections))
      check.defined('connection', name, known.connections, ['targets', target.name, 'connections', name], 'key')
    const place = placeOf(target)
    if (place === undefined) continue
    const other = places.get(place.identity)
    if (other !== undefined)
      context.report('MR-1201', {
        message: `the targets \`${other}\` and \`${target.name}\` have the same warehouse ${place.noun}`,
        next: `Give each its own \`${place.key}\`: cursors and snapshots of one would be taken for the other’s.`,
        place: context.yaml.placeOf(['targets', target.name, 'warehouse', place.key], 'value'),
      })
    places.set(place.identity, target.name)
  }
}

type StatePlace = { readonly identity: string; readonly noun: string; readonly key: string }

/** Where the cursors and snapshots of a target are; undefined: nowhere that another target could name. */
function placeOf({ warehouse, sandbox }: Target): StatePlace | undefined {
  if (warehouse.type === 'duckdb')
    return warehouse.path === '' ? undefined : { identity: warehouse.path, noun: 'file', key: 'path' }
  if (sandbox || warehouse.account === null || warehouse.database === null) return undefined
  const identity = `${warehouse.account} ${warehouse.database}`.toUpperCase()
  return { identity, noun: 'database', key: 'database' }
}

export function checkSync(sync: Sync, known: KnownNames, context: { yaml: YamlFile; report: Report }): void {
  const check = checker(context.yaml, context.report)
  for (const [index, name] of sync.after.entries()) check.defined('sync', name, known.syncs, ['after', index])
  if (sync.kind === 'etl') checkEtl(sync, known, context)
  else checkReverse(sync, known, context)
}

function checkEtl(sync: EtlSync, known: KnownNames, { yaml, report }: { yaml: YamlFile; report: Report }): void {
  checker(yaml, report).defined('connection', sync.source, known.connections, ['source'])
  if (reservedSchemas.includes(sync.schema))
    report('MR-1201', {
      message: `the schema \`${sync.schema}\` is millrace’s or the warehouse’s own`,
      next: 'Say another `schema:`.',
      place: yaml.placeOf(['schema'], 'value'),
    })
}

function checkReverse(
  sync: ReverseSync,
  known: KnownNames,
  { yaml, report }: { yaml: YamlFile; report: Report },
): void {
  const check = checker(yaml, report)
  check.defined('connection', sync.destination, known.connections, ['destination'])
  check.defined('model', sync.model, known.models, ['model'])
  for (const name of Object.keys(sync.freshness))
    check.defined('ETL sync', name, known.etlSyncs, ['freshness', name], 'key')
  const fields = sync.map.map((mapping) => mapping.field)
  const match = sync.map.find((mapping) => mapping.field === sync.match)
  if (!match)
    check.refuse(
      `the match field \`${sync.match}\` is not in \`map\``,
      ['match'],
      suggest(sync.match, fields) ?? 'Map it to the column that holds it.',
    )
  else if (match.kind !== 'column')
    check.refuse(
      `the match field \`${sync.match}\` must come from a column`,
      ['map', sync.match],
      'Map it to the column that tells records apart.',
    )
  for (const [index, column] of sync.primaryKey.entries())
    if (sync.primaryKey.indexOf(column) !== index)
      check.refuse(`\`${column}\` stands twice in the primary key`, ['primary_key', index], 'Leave one out.')
  for (const mapping of sync.map) checkOptOutWords(mapping, check)
  for (const mapping of sync.map)
    for (const { model } of lookupsOf([mapping])) check.defined('model', model, known.models, ['map', mapping.field])
  checkRemoval(sync, check)
  if (sync.optOutRemoval && sync.onRemoved.kind === 'ignore')
    check.refuse(
      'opt_out_removal has no removal to send: on_removed is ignore',
      ['opt_out_removal'],
      'Say what leaving means:  on_removed: delete  or  on_removed: { set: … }.',
    )
  if (sync.mode === 'insert') checkInsert(sync, check)
}

/** What an insert has made it never touches again. */
function checkInsert(sync: ReverseSync, check: Checker): void {
  const optOut = sync.map.find(({ kind }) => kind === 'opt_out')
  if (optOut)
    check.refuse(
      `mode insert never changes a record, so the opt-out \`${optOut.field}\` could not follow the person`,
      ['map', optOut.field],
      'Use mode upsert or update for a sync with opt-outs.',
    )
  if (sync.refreshEveryMs !== null)
    check.refuse('refresh_every sends a row again, and mode insert never does', ['refresh_every'], 'Leave one out.')
}

function checkOptOutWords(mapping: Mapping, check: Checker): void {
  if (mapping.kind === 'opt_out' && JSON.stringify(mapping.out) === JSON.stringify(mapping.in))
    check.refuse(
      `the destination’s words for out and in are the same, \`${JSON.stringify(mapping.out)}\``,
      ['map', mapping.field, 'values'],
      '`true` is the word for opted out, `false` the one for opted in.',
    )
}

/** A removal touches no opt-out, and never what the record is found by. */
function checkRemoval(sync: ReverseSync, check: Checker): void {
  const { onRemoved } = sync
  if (onRemoved.kind === 'ignore' || onRemoved.kind === 'delete') return
  const touched: readonly [string, Path][] =
    onRemoved.kind === 'clear'
      ? onRemoved.fields.map((field, index) => [field, ['on_removed', 'clear', index]])
      : Object.keys(onRemoved.values).map((field) => [field, ['on_removed', 'set', field]])
  for (const [field, path] of touched) {
    const optOut = sync.map.find((mapping) => mapping.field === field && mapping.kind === 'opt_out')
    if (field === sync.match)
      check.refuse(`on_removed may not change the match field \`${field}\``, path, 'Leave it out.')
    if (optOut)
      check.refuse(
        `on_removed may not touch the opt-out \`${field}\``,
        path,
        'Leave it out: to leave the model says nothing about it.',
      )
  }
}

export const suggest = (word: string, candidates: readonly string[]): string | undefined => {
  const near = didYouMean(word, candidates)
  return near === undefined ? undefined : `Did you mean \`${near}\`?`
}

/** What is named, and is none of those that there are. */
export function reportUnknown({ kind, name, known, place }: Unknown, report: Report): void {
  const next =
    suggest(name, known) ??
    (known.length > 0 ? `There are: ${[...known].sort().join(', ')}.` : `No ${kind} is defined yet.`)
  report('MR-1204', { message: `there is no ${kind} \`${name}\``, next, place })
}

type Unknown = {
  readonly kind: string
  readonly name: string
  readonly known: readonly string[]
  readonly place: SourcePlace
}

type Checker = ReturnType<typeof checker>

function checker(yaml: YamlFile, report: Report) {
  return {
    defined(kind: string, name: string, known: readonly string[], path: Path, part: 'key' | 'value' = 'value') {
      if (!known.includes(name)) reportUnknown({ kind, name, known, place: yaml.placeOf(path, part) }, report)
    },
    refuse(message: string, path: Path, next: string) {
      report('MR-1201', { message, next, place: yaml.placeOf(path, 'value') })
    },
  }
}

const reservedSchemas = [
  'models',
  '_millrace',
  'main',
  'public',
  'information_schema',
  'pg_catalog',
  'temp',
  'system',
  'memory',
]
