/** Two syncs that load one table: each run of one would replace, or mark as deleted, the rows of the other. */
import { matchesGlob } from 'node:path'
import { toSnake } from '../model/column-name.ts'
import { historyNames } from './history-names.ts'
import type { EtlSync, StreamConfig, Sync } from './project.ts'
import { isGlob } from './stream-glob.ts'
import type { Report, YamlFile } from './yaml-file.ts'
import type { Path } from './yaml-places.ts'

export type SharedTablesContext = {
  /** undefined: not known. */
  readonly connectorOf: (connection: string) => string | undefined
  /** The streams that a connection is known to have without asking it. null: only the source knows. */
  readonly streamNames: (connection: string) => readonly string[] | null
  readonly placeOf: (sync: EtlSync, path: Path) => ReturnType<YamlFile['placeOf']> | undefined
  readonly report: Report
}

/** The tables of one schema, as far as names and globs say it. Each stream is told about once, with the first sync that has it. */
export function checkSharedTables(syncs: readonly Sync[], context: SharedTablesContext): void {
  const etl = syncs.filter((sync) => sync.kind === 'etl')
  for (const neighbours of Map.groupBy(etl, ({ schema }) => schema).values()) {
    if (neighbours.length < 2) continue
    const earlier: Claims[] = []
    for (const sync of neighbours) {
      const claims = claimsOf(sync, context)
      for (const [other, meetings] of Map.groupBy(meetingsOf(claims, earlier), ({ claims: { sync: of } }) => of))
        reportShared(meetings, { sync, other, context })
      earlier.push(claims)
    }
  }
}

/** What a stream of a sync may load: a table, or those of the streams that its glob fits. */
type Claim = { readonly stream: StreamConfig; readonly name: string }

type Claims = {
  readonly sync: EtlSync
  readonly connector: string
  /** By table. */
  readonly tables: ReadonlyMap<string, Claim>
  readonly globs: readonly Claim[]
  /** Names that a glob of the same sync leaves alone. */
  readonly exact: ReadonlySet<string>
}

function claimsOf(sync: EtlSync, { connectorOf, streamNames }: SharedTablesContext): Claims {
  const exact = new Set(sync.streams.map(({ name }) => name))
  const offered = streamNames(sync.source)
  const claims = sync.streams
    .filter(({ enabled }) => enabled)
    .flatMap((stream) =>
      [stream.name, ...(stream.fieldHistory ? historyNames(stream.name) : [])].map((name) => ({ stream, name })),
    )
    .flatMap((claim) => (offered ? knownOf(claim, { offered, exact }) : [claim]))
  const tables = new Map<string, Claim>()
  for (const claim of claims) {
    const table = toSnake(claim.name)
    if (!isGlob(claim.name) && !tables.has(table)) tables.set(table, claim)
  }
  return {
    sync,
    connector: connectorOf(sync.source) ?? `of ${sync.source}`,
    tables,
    globs: claims.filter(({ name }) => isGlob(name)),
    exact,
  }
}

/** Of a claim, the streams that there are: a glob’s, and of the names of a history those that exist. */
function knownOf(
  { stream, name }: Claim,
  { offered, exact }: { readonly offered: readonly string[]; readonly exact: ReadonlySet<string> },
): readonly Claim[] {
  if (name === stream.name && !isGlob(name)) return [{ stream, name }]
  return offered
    .filter((each) => each === name || (isGlob(name) && !exact.has(each) && matchesGlob(each, name)))
    .map((each) => ({ stream, name: each }))
}

/** A stream, the earlier sync that loads it too, and where in that one. */
type Meeting = { readonly claims: Claims; readonly own: Claim; readonly theirs: Claim; readonly tables: string }

function meetingsOf(claims: Claims, earlier: readonly Claims[]): readonly Meeting[] {
  const told = new Set<StreamConfig>()
  const meetings: Meeting[] = []
  for (const own of [...claims.tables.values(), ...claims.globs]) {
    if (told.has(own.stream)) continue
    for (const other of earlier) {
      const met = isGlob(own.name) ? meetGlob(own, claims, other) : meetTable(own, claims, other)
      if (!met) continue
      told.add(own.stream)
      meetings.push({ claims: other, own, ...met })
      break
    }
  }
  return meetings
}

type Met = Pick<Meeting, 'theirs' | 'tables'>

function meetTable(own: Claim, { sync, connector }: Claims, other: Claims): Met | undefined {
  const tables = tableOf(sync, own)
  const same = other.tables.get(toSnake(own.name))
  if (same) return { theirs: same, tables }
  const glob = connector === other.connector && other.globs.find((each) => takes(each, other, own))
  return glob ? { theirs: glob, tables } : undefined
}

function meetGlob(own: Claim, claims: Claims, other: Claims): Met | undefined {
  if (claims.connector !== other.connector) return undefined
  const table = [...other.tables.values()].find((each) => takes(own, claims, each))
  if (table) return { theirs: table, tables: tableOf(claims.sync, table) }
  const glob = other.globs.find(({ name }) => includes(name, own.name) || includes(own.name, name))
  const narrow = glob && includes(own.name, glob.name) ? glob.name : own.name
  return glob && { theirs: glob, tables: `the tables of \`${narrow}\` in ${claims.sync.schema}` }
}

/** A query is a stream of its own sync: no glob fits it. */
const takes = (glob: Claim, { exact }: Claims, { name, stream }: Claim): boolean =>
  stream.query === null && !exact.has(name) && matchesGlob(name, glob.name)

/** Whatever the narrow glob fits, the wide one fits too. What two globs share beyond that is known only at the source. */
const includes = (wide: string, narrow: string): boolean =>
  wide === narrow || matchesGlob(narrow.replaceAll('*', 'anything').replaceAll('?', 'x'), wide)

const tableOf = ({ schema }: EtlSync, { name }: Claim) => `${schema}.${toSnake(name)}`

function reportShared(
  meetings: readonly Meeting[],
  { sync, other, context }: { readonly sync: EtlSync; readonly other: EtlSync; readonly context: SharedTablesContext },
): void {
  const [first] = meetings
  if (!first) return
  const shown = meetings.slice(0, shownTables).map(({ tables, theirs: { stream } }) => {
    const { file, line } = stream.place
    return `${tables} (${file}:${line})`
  })
  const rest = meetings.length - shown.length
  context.report('MR-1201', {
    message: `the syncs \`${other.name}\` and \`${sync.name}\` would both load ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    next: 'Say another `schema:` in one of them, or leave the stream to one sync: each would take the other’s rows away.',
    place: context.placeOf(sync, ['streams', first.own.stream.name]),
  })
}

const shownTables = 5
