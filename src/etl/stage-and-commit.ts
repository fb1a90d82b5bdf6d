/** Chunks from the spool into the warehouse: staged outside any session, then one fenced transaction. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { StreamMode } from '../config/project.ts'
import type { ReadWindow, WholeOf } from '../connector/checkpoint.ts'
import { cursorVersion, type Cursor } from '../model/cursor.ts'
import { ownFolder } from '../model/own-folder.ts'
import { dropSpooled, inSpool, ofLoad } from '../model/spool-refusal.ts'
import { dropChunk, type SpooledChunk } from '../staging/spool.ts'
import { stageChunk, type Staged, type StageRequest } from '../staging/stage-chunk.ts'
import type { Workbench } from '../staging/workbench.ts'
import type { Fence } from '../warehouse/port.ts'
import type { ParentSet, Sweep, TableWrite, WindowSet, WriteCounts } from '../warehouse/table-write.ts'
import { groupRows, type EtlContext } from './context.ts'
import type { Gathered } from './gather.ts'
import type { ChildPlan, StreamPlan } from './resolve-streams.ts'
import { columnOf } from './table-shape.ts'
import { sha256, storedRowsOf } from './stored-rows-of.ts'

export type StagedChunk = {
  readonly parent: Staged
  readonly children: readonly StagedChild[]
  readonly windows: readonly ReadWindow[]
}

export type StagedChild = { readonly plan: ChildPlan; readonly staged: Staged; readonly parents: readonly ParentSet[] }

export type ChunkCommit = {
  readonly plan: StreamPlan
  readonly fence: Fence
  readonly sequence: number
  /** Those that were staged since the last commit. */
  readonly chunks: readonly StagedChunk[]
  /** What the cursor becomes; null: `--limit`, the cursor stays. */
  readonly cursor: Cursor | null
  readonly connector: string
  readonly scanId: string
  /** Our clock, and not before what was committed. */
  readonly syncedAt: string
  /** The scan is complete with it. */
  readonly isLast: boolean
  /** A full pass marks what it saw. */
  readonly touchUnchanged: boolean
  /** Days that were read whole are replaced: what was last read before this instant goes. null: they are not. */
  readonly windowsReadBefore: string | null
  /** On the last commit of a full pass: what a stream that lists everything did not see, and that another saw nothing at all. */
  readonly sweep: Exclude<Sweep, { readonly kind: 'children' }> | null
  /** On the last commit of a pass over all parents: when it began. Children that it did not see are gone. */
  readonly childrenReadBefore: string | null
  /** Whose rows the scan has read: of no other are any gone. null: everybody's. */
  readonly wholeOf: WholeOf | null
}

export async function stageForStream(
  context: EtlContext,
  { plan, workbench }: { readonly plan: StreamPlan; readonly workbench: Workbench },
  gathered: Gathered,
): Promise<StagedChunk> {
  const stageOne = (chunk: SpooledChunk, shape: Shape) => stageAndDrop(chunk, { context, workbench, shape })
  const parent = await stageOne(gathered.rows, {
    columns: plan.shape.columns,
    version: plan.stream.version ?? null,
    deletedWhen: plan.stream.deletedWhen ?? null,
    pii: plan.config.pii,
    key: plan.stream.key,
    ...(plan.leftOut && { leftOut: plan.leftOut }),
    derived: false,
  })
  sayRejected(context, plan.stream.name, parent)
  const children: StagedChild[] = []
  for (const { name, chunk, parents } of gathered.children) {
    const found = plan.children.find(({ child }) => child.name === name)
    if (!found) continue
    const staged = await stageOne(chunk, {
      columns: found.shape.columns,
      version: null,
      deletedWhen: null,
      pii: found.config.pii,
      key: found.child.key,
      derived: true,
    })
    sayRejected(context, name, staged)
    children.push({ plan: found, staged, parents })
  }
  context.emit({ type: 'batch.staged', run_id: context.runId, stream: plan.stream.name, rows: gathered.rows.rows })
  return { parent, children, windows: gathered.windows }
}

type Shape = Omit<StageRequest, 'chunk' | 'directory' | 'memoryLimit' | 'parquet'>

async function stageAndDrop(
  chunk: SpooledChunk,
  { context, workbench, shape }: { context: EtlContext; workbench: Workbench; shape: Shape },
): Promise<Staged> {
  if (chunk.files.length === 0) return nothing
  const directory = `${chunk.directory}.staged`
  await inSpool(ofLoad(directory), () => mkdir(directory, ownFolder(directory)))
  const { parquet } = context.warehouse
  const staged = await stageChunk(
    { chunk, directory, memoryLimit: context.stagingMemory, parquet, ...shape },
    workbench,
  )
  await dropChunk(chunk)
  return staged
}

function sayRejected(context: EtlContext, where: string, staged: Staged): void {
  for (const sample of staged.samples) context.emit({ type: 'row.rejected', run_id: context.runId, where, ...sample })
}

/** Commits what was staged, and lets the files go. */
export async function commitStaged(context: EtlContext, commit: ChunkCommit): Promise<readonly WriteCounts[]> {
  const { plan, chunks, syncedAt } = commit
  const own: TableWrite = {
    stream: plan.stream.name,
    table: plan.shape.table,
    key: plan.shape.key,
    staged: chunks.map((chunk) => chunk.parent),
    mode: landings[plan.mode],
    scanId: commit.scanId,
    isLast: commit.isLast,
    touchUnchanged: commit.touchUnchanged,
    sweep: commit.sweep,
    windows: windowsOf(commit),
    onlyStanding: plan.part !== undefined,
    unstamped: plan.part?.sweeps === false && plan.stream.version === undefined,
    syncedAt,
  }
  const inside = plan.part?.children ?? plan.children
  const children = inside.flatMap((child) => childWrite(child, commit) ?? [])
  context.emit({ type: 'commit.started', run_id: context.runId, stream: plan.stream.name, sequence: commit.sequence })
  const counts = await writeCommit(context, commit, [own, ...children])
  for (const path of chunks.flatMap(filesOf)) await dropSpooled(dirname(path))
  return counts
}

const landings: { readonly [mode in StreamMode]: TableWrite['mode'] } = {
  merge: 'merge',
  append: 'merge',
  replace_window: 'merge',
  full_refresh: 'generation',
  scd2: 'scd2',
}

function windowsOf({ plan, chunks, windowsReadBefore }: ChunkCommit): readonly WindowSet[] {
  if (windowsReadBefore === null) return []
  const nameOf = (field: string) => columnOf(plan.shape, field) ?? field
  const column = nameOf(plan.stream.boundedBy ?? '')
  return chunks.flatMap(({ windows }) =>
    windows.map(({ from, to, of = {} }) => ({
      column,
      from,
      to,
      of: Object.fromEntries(Object.entries(of).map(([field, value]) => [nameOf(field), value])),
      readBefore: windowsReadBefore,
    })),
  )
}

function childWrite(
  { child, shape }: ChildPlan,
  { plan: { stream, shape: own, part }, chunks, childrenReadBefore: readBefore, wholeOf, syncedAt }: ChunkCommit,
): TableWrite | undefined {
  // A part of the columns says nothing of what comes inside, but for those that it no longer comes in.
  const of = wholeOf && !part ? storedRowsOf(shape, wholeOf) : undefined
  const brought = chunks.flatMap(({ children }) => children.filter(({ plan }) => plan.child.name === child.name))
  const mayBeFlagged = stream.deletedWhen !== undefined && chunks.some(({ parent }) => parent.path !== null)
  if (brought.length === 0 && readBefore === null && !mayBeFlagged) return undefined
  const parentColumn = shape.columns.find(({ field }) => field === child.parent)
  const isKeyMasked = own.columns.find(({ field }) => field === stream.key.at(-1))?.mask !== undefined
  const isMasked = parentColumn?.mask === 'sha256'
  const hash = { isHashed: isMasked && !isKeyMasked }
  const parents = brought
    .flatMap((each) => each.parents)
    .map(({ parent, readAt }) => ({ parent: isMasked ? sha256(parent) : parent, readAt }))
  return {
    stream: child.name,
    table: shape.table,
    key: shape.key,
    staged: brought.map(({ staged }) => staged),
    mode: 'merge',
    // What a parent no longer has is found by when its set was read.
    touchUnchanged: true,
    sweep: {
      kind: 'children',
      parentColumn: parentColumn?.column ?? child.parent,
      parents,
      readBefore,
      ...(of && { of }),
      // Rows may not say whose they are, or masked; what they came in does.
      ...((wholeOf ?? part) && { byParent: hash }),
      ...(mayBeFlagged && { flags: hash }),
    },
    syncedAt,
  }
}

/** The cursor alone, with no rows. */
export const commitCursor = (context: EtlContext, commit: ChunkCommit): Promise<readonly WriteCounts[]> =>
  writeCommit(context, commit, [])

function writeCommit(
  context: EtlContext,
  commit: ChunkCommit,
  writes: readonly TableWrite[],
): Promise<readonly WriteCounts[]> {
  return context.warehouse.session(
    {
      runId: context.runId,
      purpose: `commit ${commit.plan.stream.name}`,
      signal: context.signal,
      // Reading goes on meanwhile; and what is small is over before a second core would be at it.
      isAside: !commit.isLast || rowsOf(commit) < groupRows,
    },
    (session) =>
      session.etl.commit({
        fence: commit.fence,
        sequence: commit.sequence,
        writes,
        cursor: commit.cursor && { cursor: commit.cursor, connector: commit.connector, version: cursorVersion },
      }),
  )
}

const rowsOf = ({ chunks }: ChunkCommit): number =>
  chunks
    .flatMap(({ parent, children }) => [parent, ...children.map(({ staged }) => staged)])
    .reduce((sum, { counts }) => sum + counts.read + counts.derived, 0)

const filesOf = ({ parent, children }: StagedChunk): readonly string[] =>
  [parent, ...children.map(({ staged }) => staged)].flatMap(({ path, tombstones, rejects }) =>
    [path, tombstones, rejects].filter((file) => file !== null),
  )

const nothing: Staged = {
  path: null,
  tombstones: null,
  rejects: null,
  counts: { read: 0, derived: 0, duplicates: 0, filtered: 0, rejected: 0 },
  repeats: [],
  samples: [],
}
