/** A sync's state out of the warehouse into a file, and back. */
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import { destinationOptions } from '../reverse-etl/run-reverse.ts'
import type { Session } from '../warehouse/port.ts'
import type { App } from './app.ts'
import { newRunId } from './run-id.ts'
import { settleSpool } from './settle-spool.ts'
import {
  checkStateFile,
  stateFileVersion,
  stateLines,
  unusable,
  type StateCounts,
  type StateHeader,
} from './state-file-format.ts'
import { stateLeaseNames } from './state-lease-names.ts'
import { underStateLeases } from './under-state-leases.ts'
import { writeAudit } from './write-audit.ts'

/**
 * Only the owner may read the file: it holds what was sent. `write`: where the lines go instead of a file; it may be as slow as
 * whoever reads them, since nothing is held meanwhile. @throws MillraceError MR-4001
 */
export async function exportSyncState(
  app: App,
  sync: Sync,
  {
    file,
    write,
    reason,
  }: { readonly file: string | null; readonly write: (text: string) => Promise<void>; readonly reason: string },
): Promise<StateCounts> {
  const runId = newRunId(app.clock.now())
  if (file !== null) return takeOut(app, sync, { runId, file, reason, put: (lines) => writeFileWhole(file, lines) })
  await using between = await openNameless(app, runId)
  const counts = await takeOut(app, sync, {
    runId,
    file,
    reason,
    put: (lines) => writeLines(lines, (text) => between.appendFile(text)),
  })
  for await (const text of between.createReadStream({ start: 0, encoding: 'utf8', autoClose: false })) await write(text)
  return counts
}

type TakeOut = {
  readonly runId: string
  readonly file: string | null
  readonly reason: string
  readonly put: (lines: AsyncIterable<string>) => Promise<StateCounts>
}

async function takeOut(app: App, sync: Sync, { runId, file, reason, put }: TakeOut): Promise<StateCounts> {
  const names = await stateLeaseNames(app, [sync], runId)
  return underStateLeases(app, { names, runId }, async () => {
    const counts = await app.warehouse.session(
      { runId, purpose: `export of ${sync.name}`, signal: app.signal },
      async (session) => {
        if (sync.kind === 'reverse_etl') await settleSpool(app, session, { sync: sync.name, runId })
        const header = await headerOf(app, session, sync)
        return put(stateLines(header, (table) => session.upkeep.rows(sync.name, table)))
      },
    )
    await writeAudit(app, { what: 'state export', sync: sync.name, reason, file, rows: counts })
    return counts
  })
}

export type StateImport = { readonly header: StateHeader; readonly rows: StateCounts }

/** Reads the file whole and holds it against the sync. Changes nothing. @throws MillraceError MR-1004 */
export async function readStateFile(sync: Sync, file: string): Promise<StateImport> {
  const { header, rows } = await checkStateFile(file)
  if (header.kind !== sync.kind)
    throw unusable(
      file,
      `it holds the state of ${header.sync}, which is ${inWords(header.kind)}; ${sync.name} is ${inWords(sync.kind)}`,
    )
  if (sync.kind === 'reverse_etl' && header.destination) {
    const wanted = { connection: sync.destination, object: sync.object, options: destinationOptions(sync) }
    for (const name of ['connection', 'object', 'options'] as const)
      if (header.destination[name] !== wanted[name])
        throw unusable(
          file,
          `it is of another destination: its ${name} is ${header.destination[name]}, that of ${sync.name} is ${wanted[name]}`,
        )
  }
  return { header, rows }
}

/** @throws MillraceError MR-1004, MR-4001 */
export async function importSyncState(
  app: App,
  sync: Sync,
  { file, reason, state }: { readonly file: string; readonly reason: string; readonly state: StateImport },
): Promise<void> {
  const runId = newRunId(app.clock.now())
  const names = await stateLeaseNames(app, [sync], runId)
  await underStateLeases(app, { names, runId }, async () => {
    await app.warehouse.session({ runId, purpose: `import of ${sync.name}`, signal: app.signal }, async (session) => {
      if (sync.kind === 'etl') await refuseWithoutTables(session, sync, { file, state })
      else await settleSpool(app, session, { sync: sync.name, runId })
      const { header, rows } = state
      const { tables, destination } = header
      const stored = await session.reverse.readMeta(sync.name)
      const keepsIntents = stored !== null && whereSent.every((name) => stored[name] === destination?.[name])
      await session.upkeep.replace({ sync: sync.name, kind: sync.kind, path: file, tables, rows, keepsIntents })
    })
    await writeAudit(app, {
      what: 'state import',
      sync: sync.name,
      reason,
      file,
      of: state.header.sync,
      rows: state.rows,
    })
  })
}

/** Sent to another object, or by another key, it names other records there. A connection may have another name since. */
const whereSent = ['account', 'object', 'options'] as const

async function headerOf(app: App, session: Session, sync: Sync): Promise<StateHeader> {
  const standing = await session.upkeep.tables(sync.name)
  const wanted = sync.kind === 'etl' ? ['cursors', 'rejects'] : ['snapshots', 'snapshot', 'intents', 'rejects']
  const meta = sync.kind === 'etl' ? null : await session.reverse.readMeta(sync.name)
  return {
    type: 'millrace.state',
    version: stateFileVersion,
    kind: sync.kind,
    sync: sync.name,
    target: app.target.name,
    exported_at: app.clock.now().toISOString(),
    connector: sync.kind === 'etl' ? (app.project.connections[sync.source]?.connector ?? null) : null,
    destination: meta && {
      connection: meta.connection,
      account: meta.account,
      object: meta.object,
      options: meta.options,
      mapping_version: meta.mappingVersion,
      encoder_version: meta.encoderVersion,
    },
    tables: standing.filter(({ name }) => wanted.includes(name)),
  }
}

/** A cursor says that everything before it is in its table. */
async function refuseWithoutTables(
  session: Session,
  sync: Extract<Sync, { kind: 'etl' }>,
  { file, state: { header } }: { readonly file: string; readonly state: StateImport },
): Promise<void> {
  if (!(await session.upkeep.hasTables(sync.schema)))
    throw unusable(
      file,
      `the schema ${sync.schema} has no tables: with the cursors of ${header.sync} nothing older would ever be read into it`,
      'Restore the tables first, or let the sync read everything: leave its state empty.',
    )
}

async function writeLines(lines: AsyncIterable<string>, write: (text: string) => Promise<void>): Promise<StateCounts> {
  let last = ''
  for await (const text of lines) {
    await write(text)
    last = text
  }
  return (JSON.parse(last) as { readonly rows: StateCounts }).rows // the last line of stateLines
}

/** A file that is gone with this process, however it ends: it holds what was sent. */
async function openNameless(app: App, runId: string): Promise<FileHandle> {
  const directory = join(app.project.home, '.millrace')
  await mkdir(directory, ownFolder(directory))
  const path = join(directory, `export-${runId}.ndjson`)
  const file = await open(path, 'wx+', 0o600)
  await rm(path)
  return file
}

/** A file that is there is never written over; half a file is not left behind. */
async function writeFileWhole(path: string, lines: AsyncIterable<string>): Promise<StateCounts> {
  const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw new MillraceError('MR-1001', {
      message: `writing the state to ${path}: ${error instanceof Error ? error.message : String(error)}`,
      kept: 'Nothing was written.',
      next: 'Name a file that is not there yet.',
    })
  })
  try {
    const counts = await writeLines(lines, async (text) => void (await file.appendFile(text)))
    await file.sync()
    await file.close()
    return counts
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(path, { force: true })
    throw error
  }
}

const inWords = (kind: Sync['kind']) => (kind === 'etl' ? 'ETL' : 'reverse ETL')
