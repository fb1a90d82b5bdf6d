import { z } from 'zod'
import { MillraceErrors, type MillraceError } from '../model/millrace-error.ts'
import { boundWords } from '../model/issue-words.ts'
import type { JsonObject } from '../model/json.ts'
import { suggest } from './check-names.ts'
import { checkSharedTables } from './check-shared-tables.ts'
import { checkStreamOptions } from './check-stream-options.ts'
import { inFileOrder } from './finding-order.ts'
import { isGlob } from './stream-glob.ts'
import type { OpenKeys } from './shown-values.ts'
import type { ConnectionConfig, Project, ReverseSync, Sync } from './project.ts'
import { references } from './secrets.ts'
import { readPlacesOf } from './source-places.ts'
import { collectFindings, type Report, type YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'
import { reportIssues } from './zod-findings.ts'

/** What the registry of connectors knows without a network. null: any name may exist; the connector says so when it runs. */
export type ConnectorLookup = {
  readonly connectorNames: () => readonly string[]
  readonly streamNames: (connector: string) => readonly string[] | null
  /** The options of streams that take any; null: not known. */
  readonly streamOptions: (connector: string) => { readonly [stream: string]: z.ZodObject } | null
  readonly objectNames: (connector: string) => readonly string[] | null
  /** The options of objects that take any; null: not known. */
  readonly objectOptions: (connector: string) => { readonly [object: string]: z.ZodObject } | null
  readonly configSchema: (connector: string) => z.ZodObject | null
}

/**
 * Connectors, their keys, streams and objects, as far as they are known offline.
 * @throws MillraceErrors MR-1201 … MR-1205, MR-1208, MR-1209
 */
export function checkAgainstConnectors(project: Project, lookup: ConnectorLookup): void {
  const findings: MillraceError[] = []
  const report = collectFindings(findings)
  const known = lookup.connectorNames()
  const main = placesIn(project.root, 'millrace.yaml', (name) => {
    const connector = project.connections[name]?.connector
    const shape = connector !== undefined && known.includes(connector) ? lookup.configSchema(connector)?.shape : {}
    return Object.keys(shape ?? {}).filter((key) => !secretMeta(shape?.[key]))
  })
  for (const connection of Object.values(project.connections)) {
    if (known.includes(connection.connector))
      checkKeys(connection, project, { schema: lookup.configSchema(connection.connector), places: main, report })
    else
      report('MR-1204', {
        message: `there is no connector \`${connection.connector}\``,
        next: suggest(connection.connector, known) ?? `There are: ${[...known].sort().join(', ')}.`,
        place: main(['connections', connection.name, 'connector'], 'value'),
      })
  }
  for (const sync of project.syncs) checkSync(sync, project, { lookup, known, report })
  const connectorOf = (connection: string) => project.connections[connection]?.connector
  checkSharedTables(project.syncs, {
    connectorOf,
    streamNames: (connection) => namesOf(connectorOf(connection), lookup),
    placeOf: (sync, path) => placesIn(project.root, sync.place.file)(path, 'key'),
    report,
  })
  if (findings.length > 0) throw new MillraceErrors(inFileOrder(findings))
}

const namesOf = (connector: string | undefined, lookup: ConnectorLookup) =>
  connector !== undefined && lookup.connectorNames().includes(connector) ? lookup.streamNames(connector) : null

type PlaceOf = (...args: Parameters<YamlFile['placeOf']>) => ReturnType<YamlFile['placeOf']> | undefined

const placesIn = (root: string, file: string, openKeys?: OpenKeys): PlaceOf =>
  readPlacesOf(root, file, openKeys) ?? (() => undefined)

/** The keys by the connector's schema: those of each target that lays others over them, too. */
function checkKeys(
  connection: ConnectionConfig,
  project: Project,
  context: { schema: z.ZodObject | null; places: PlaceOf; report: Report },
): void {
  const { schema } = context
  if (!schema) return
  checkLayer(connection.keys, ['connections', connection.name], { ...context, schema, base: {} })
  for (const target of Object.values(project.targets)) {
    const over = target.connections[connection.name]
    if (over)
      checkLayer(over, ['targets', target.name, 'connections', connection.name], {
        ...context,
        schema,
        base: connection.keys,
      })
  }
}

function checkLayer(
  keys: JsonObject,
  at: Path,
  context: { schema: z.ZodObject; places: PlaceOf; report: Report; base: JsonObject },
): void {
  const { schema, places, report } = context
  const merged = { ...context.base, ...keys }
  const isOverlay = at[0] === 'targets'
  const isOpenSecret = (key: string, value: unknown) => secretMeta(schema.shape[key]) && isLiteral(value)
  const result = schema.safeParse(merged, { error: boundWords })
  const issues = (result.success ? [] : result.error.issues)
    // A secret that is written out is told below, without its value.
    .filter((issue) => !isOpenSecret(String(issue.path[0]), valueAt(merged, issue.path.slice(0, 1))))
    // What a reference holds is known when it is resolved.
    .filter((issue) => !hasReference(valueAt(merged, issue.path)))
    // The base has been checked by itself.
    .filter((issue) => !isOverlay || issue.code === 'unrecognized_keys' || Object.hasOwn(keys, String(issue.path[0])))
    .map((issue) =>
      isOverlay && issue.code === 'unrecognized_keys'
        ? { ...issue, keys: issue.keys.filter((key) => Object.hasOwn(keys, key)) }
        : issue,
    )
  reportIssues(issues, {
    yaml: { file: 'millrace.yaml', placeOf: places },
    value: merged,
    at,
    knownKeys: [...Object.keys(schema.shape), ...(isOverlay ? [] : ['max_runs'])],
    report,
  })
  for (const [key, value] of Object.entries(keys)) {
    if (isOpenSecret(key, value))
      report('MR-1205', {
        message: `\`${[...at, key].map(String).join('.')}\` holds a secret in the open`,
        next: `Write a reference: \`\${env:${[...at.slice(-1), key].map(String).join('_').toUpperCase()}}\` or \`\${file:/run/secrets/…}\`.`,
        place: places([...at, key], 'value'),
      })
  }
}

function checkSync(
  sync: Sync,
  project: Project,
  context: { lookup: ConnectorLookup; known: readonly string[]; report: Report },
): void {
  const { lookup, known, report } = context
  const name = sync.kind === 'etl' ? sync.source : sync.destination
  const connector = project.connections[name]?.connector
  if (connector === undefined || !known.includes(connector)) return
  const places = placesIn(project.root, sync.place.file)
  if (sync.kind === 'etl') {
    const streams = lookup.streamNames(connector)
    for (const stream of sync.streams)
      if (streams && !isGlob(stream.name) && !streams.includes(stream.name))
        report('MR-1208', {
          message: `${connector} has no stream \`${stream.name}\``,
          next: suggest(stream.name, streams) ?? `There are: ${streams.join(', ')}.`,
          place: places(['streams', stream.name], 'key'),
        })
    const schemas = lookup.streamOptions(connector)
    const known = sync.streams.filter(({ name: stream }) => !streams || isGlob(stream) || streams.includes(stream))
    if (schemas) checkStreamOptions({ ...sync, streams: known }, { schemas, placeOf: places, report })
    return
  }
  const objects = lookup.objectNames(connector)
  if (!objects || objects.includes(sync.object))
    checkOptions(sync, { schemas: lookup.objectOptions(connector), places, report })
  else
    report('MR-1209', {
      message: `${connector} takes no object \`${sync.object}\``,
      next:
        suggest(sync.object, objects) ??
        (objects.length > 0 ? `There are: ${objects.join(', ')}.` : 'It is a source only.'),
      place: places(['object'], 'value'),
    })
}

function checkOptions(
  sync: ReverseSync,
  {
    schemas,
    places,
    report,
  }: { schemas: ReturnType<ConnectorLookup['objectOptions']>; places: PlaceOf; report: Report },
): void {
  if (!schemas) return
  const schema = Object.hasOwn(schemas, sync.object) ? schemas[sync.object] : undefined
  if (schema)
    reportIssues(schema.strict().safeParse(sync.options, { error: boundWords }).error?.issues ?? [], {
      yaml: { file: sync.place.file, placeOf: places },
      value: sync.options,
      at: ['options'],
      knownKeys: Object.keys(schema.shape),
      report,
    })
  else if (Object.keys(sync.options).length > 0)
    report('MR-1209', {
      message: `the object \`${sync.object}\` takes no options, so these would do nothing`,
      next: 'Take `options` out.',
      place: places(['options'], 'key'),
    })
}

function secretMeta(schema: unknown): boolean {
  if (!(schema instanceof z.ZodType)) return false
  if (schema.meta()?.['secret'] === true) return true
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodNullable
  return isWrapped && secretMeta(schema.unwrap())
}

const isLiteral = (value: unknown) =>
  typeof value === 'number' || (typeof value === 'string' && value !== '' && !hasReference(value))

const hasReference = (value: unknown) => typeof value === 'string' && value.search(references) !== -1

function valueAt(value: unknown, path: Path): unknown {
  let part = value
  for (const step of path)
    part =
      typeof part === 'object' && part !== null
        ? Object.entries(part).find(([key]) => key === String(step))?.[1]
        : undefined
  return part
}
