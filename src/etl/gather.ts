/** What a stream yielded since the last commit, on disk, and how much of it the last checkpoint covers. */
import { join } from 'node:path'
import type { Batch, Checkpoint, ChildBatch, ReadWindow } from '../connector/contract.ts'
import { countRows, openChunk, type ChunkWriter, type SpooledChunk } from '../staging/spool.ts'
import type { ParentSet } from '../warehouse/table-write.ts'
import type { EtlContext } from './context.ts'
import type { StreamPlan } from './resolve-streams.ts'

export type Gathered = {
  readonly rows: SpooledChunk
  readonly children: readonly GatheredChild[]
  /** Report days of which everything is in here, or was before. */
  readonly windows: readonly ReadWindow[]
}

export type GatheredChild = {
  readonly name: string
  readonly chunk: SpooledChunk
  readonly parents: readonly ParentSet[]
}

export type GatheredSize = { readonly rows: number; readonly bytes: number }

export type Gatherer = {
  readonly add: (batch: Batch) => Promise<void>
  /** Everything so far can be committed: the scan can go on from here. */
  readonly checkpoint: (checkpoint: Checkpoint) => void
  /** What the last checkpoint covers; the rest comes again. null: there was none. */
  readonly covered: () => Gathered | null
  readonly all: () => Gathered
  /** Children included. */
  readonly size: () => GatheredSize
}

export function openGatherer(
  context: EtlContext,
  options: {
    readonly plan: StreamPlan
    /** Unique among the stream's. */
    readonly number: number
    /** Our clock when the scan began. */
    readonly scanStarted: Date
  },
): Gatherer {
  const { plan, number, scanStarted } = options
  const open = (stream: string) => openChunk(join(context.spoolDir, `${stream.replace(/\W/g, '_')}-${number}`))
  const rows = open(plan.stream.name)
  const children = new Map<string, { readonly writer: ChunkWriter; readonly parents: ParentSet[] }>()
  const windows: ReadWindow[] = []
  let covered: Gathered | null = null

  const writerOf = (child: ChildBatch, readAt: Date): ChunkWriter | null => {
    if (!plan.children.some((known) => known.child.name === child.stream)) return null
    const gathered = children.get(child.stream) ?? { writer: open(child.stream), parents: [] }
    children.set(child.stream, gathered)
    for (const parent of child.parents) gathered.parents.push({ parent, readAt: readAt.toISOString() })
    return gathered.writer
  }
  const all = (): Gathered => ({
    rows: frozen(rows.chunk()),
    children: [...children].map(([name, { writer, parents }]) => ({
      name,
      chunk: frozen(writer.chunk()),
      parents: [...parents],
    })),
    windows: [...windows],
  })
  return {
    async add(batch) {
      const { runId: run_id, emit } = context
      const stream = batch.child?.stream ?? plan.stream.name
      emit({ type: 'batch.extracted', run_id, stream, rows: countRows(batch) })
      // Our clock may be set back while we read: what this scan saw was seen after it began, or the sweep would take it.
      const readAt = batch.readAt < scanStarted ? scanStarted : batch.readAt
      const writer = batch.child ? writerOf(batch.child, readAt) : rows
      if (!writer) return
      emit({ type: 'batch.spooled', run_id, stream, rows: await writer.add(batch, readAt) })
    },
    checkpoint(checkpoint) {
      windows.push(...(checkpoint.windows ?? []))
      covered = all()
    },
    covered: () => covered,
    all,
    size() {
      const chunks = [rows.chunk(), ...[...children.values()].map(({ writer }) => writer.chunk())]
      const sum = (of: 'rows' | 'bytes') => chunks.reduce((total, chunk) => total + chunk[of], 0)
      return { rows: sum('rows'), bytes: sum('bytes') }
    },
  }
}

export const nothingGathered: Gathered = {
  rows: { directory: '', files: [], rows: 0, bytes: 0 },
  children: [],
  windows: [],
}

/** The chunk as it is now, whatever is added to it later. */
const frozen = (chunk: SpooledChunk): SpooledChunk => ({ ...chunk, files: [...chunk.files] })
