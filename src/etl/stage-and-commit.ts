/** One chunk from the spool into the warehouse: staged outside any session, then one fenced transaction. */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cursor } from '../model/cursor.ts'
import { emptyEtlLedger, type EtlLedger } from '../model/ledger.ts'
import { dropChunk, type SpooledChunk } from '../staging/spool.ts'
import { stageChunk, type Staged } from '../staging/stage-chunk.ts'
import type { Fence, ParentSet, ShrinkLimit, StagedFile, TableWrite, WriteCounts } from '../warehouse/port.ts'
import type { EtlContext } from './context.ts'
import type { StreamPlan, TableShape } from './resolve-streams.ts'

export type ChunkCommit = {
  readonly plan: StreamPlan
  readonly fence: Fence
  readonly sequence: number
  readonly rows: SpooledChunk
  readonly children: readonly {
    readonly name: string
    readonly chunk: SpooledChunk
    readonly parents: readonly ParentSet[]
  }[]
  /** What the cursor becomes; null: `--limit`, the cursor stays. */
  readonly cursor: Cursor | null
  readonly connector: string
  /** A full pass marks what it saw. */
  readonly touchUnchanged: boolean
  /** Set on the last commit of a full pass over a stream that lists everything. */
  readonly sweep: { readonly readBefore: string; readonly maxShrink: ShrinkLimit } | null
  /** What earlier chunks of a replacement staged, to go in with this one. */
  readonly earlier: readonly StagedFile[]
}

/** Stages a chunk; its directory can go after the commit. */
export async function stageForStream(
  context: EtlContext,
  commit: ChunkCommit,
): Promise<{ readonly parent: Staged; readonly children: readonly Staged[] }> {
  const parent = await stageOne(context, commit.rows, {
    shape: commit.plan.shape,
    version: commit.plan.stream.version ?? null,
    deletedWhen: commit.plan.stream.deletedWhen ?? null,
    pii: commit.plan.config.pii,
    key: commit.plan.stream.key,
    derived: false,
  })
  for (const sample of parent.samples)
    context.emit({ type: 'row.rejected', run_id: context.runId, where: commit.plan.stream.name, ...sample })
  const children: Staged[] = []
  for (const { name, chunk } of commit.children) {
    const found = commit.plan.children.find(({ child }) => child.name === name)
    if (!found) continue
    children.push(
      await stageOne(context, chunk, {
        shape: found.shape,
        version: null,
        deletedWhen: null,
        pii: commit.plan.config.pii,
        key: found.child.key,
        derived: true,
      }),
    )
  }
  context.emit({ type: 'batch.staged', run_id: context.runId, stream: commit.plan.stream.name, rows: commit.rows.rows })
  return { parent, children }
}

type Shape = {
  readonly shape: TableShape
  readonly version: string | null
  readonly deletedWhen: StreamPlan['stream']['deletedWhen'] | null
  readonly pii: readonly string[]
  readonly key: readonly string[]
  readonly derived: boolean
}

async function stageOne(context: EtlContext, chunk: SpooledChunk, shape: Shape): Promise<Staged> {
  if (chunk.files.length === 0) return { ...nothing }
  const directory = `${chunk.directory}.staged`
  await mkdir(directory, { recursive: true })
  const staged = await stageChunk({
    chunk,
    directory,
    columns: shape.shape.columns,
    key: shape.key,
    version: shape.version,
    deletedWhen: shape.deletedWhen ?? null,
    pii: shape.pii,
    derived: shape.derived,
    memoryLimit: context.stagingMemory,
  })
  await dropChunk(chunk)
  return staged
}

/** Commits what was staged, and lets the files go. */
export async function commitStaged(
  context: EtlContext,
  commit: ChunkCommit,
  staged: { readonly parent: Staged; readonly children: readonly Staged[] },
): Promise<readonly WriteCounts[]> {
  const { plan } = commit
  const syncedAt = context.clock.now().toISOString()
  const writes: TableWrite[] = [
    {
      stream: plan.stream.name,
      table: plan.shape.table,
      key: plan.shape.key,
      staged: [...commit.earlier, staged.parent],
      mode: plan.mode === 'full_refresh' ? 'replace' : 'merge',
      touchUnchanged: commit.touchUnchanged,
      sweep: commit.sweep && { kind: 'unseen', ...commit.sweep },
      syncedAt,
    },
    ...commit.children.flatMap(({ name, parents }, index): TableWrite[] => {
      const found = plan.children.find(({ child }) => child.name === name)
      const file = staged.children[index]
      if (!found || !file) return []
      const parent =
        found.shape.columns.find((column) => column.field === found.child.parent)?.column ?? found.child.parent
      return [
        {
          stream: name,
          table: found.shape.table,
          key: found.shape.key,
          staged: [file],
          mode: 'merge',
          // What a parent no longer has is found by when its set was read.
          touchUnchanged: true,
          sweep: { kind: 'children', parentColumn: parent, parents },
          syncedAt,
        },
      ]
    }),
  ]
  context.emit({ type: 'commit.started', run_id: context.runId, stream: plan.stream.name, sequence: commit.sequence })
  const counts = await context.warehouse.session(
    { runId: context.runId, purpose: `commit ${plan.stream.name}`, signal: context.signal },
    (session) =>
      session.etl.commit({
        fence: commit.fence,
        sequence: commit.sequence,
        writes,
        cursor: commit.cursor && { cursor: commit.cursor, connector: commit.connector, version: 1 },
      }),
  )
  for (const chunk of [commit.rows, ...commit.children.map((child) => child.chunk)])
    await rm(`${chunk.directory}.staged`, { recursive: true, force: true })
  return counts
}

export function addLedgers(into: Map<string, EtlLedger>, counts: readonly WriteCounts[]): void {
  for (const { stream, ledger } of counts) {
    const before = into.get(stream) ?? emptyEtlLedger
    const sum: Record<string, number> = { ...before }
    for (const [name, count] of Object.entries(ledger)) sum[name] = (sum[name] ?? 0) + count
    into.set(stream, sum as EtlLedger) // the same names, all numbers
  }
}

const nothing: Staged = {
  path: null,
  tombstones: null,
  rejects: null,
  counts: { read: 0, derived: 0, duplicates: 0, filtered: 0, rejected: 0 },
  samples: [],
}
