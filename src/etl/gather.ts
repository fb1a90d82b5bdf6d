/** What a stream yielded since the last commit, on disk, and how much of it the last checkpoint covers. */
import { join } from 'node:path'
import type { Checkpoint, ReadWindow } from '../connector/checkpoint.ts'
import type { Batch, ChildBatch } from '../connector/contract.ts'
import { folderName } from '../model/folder-name.ts'
import { countRows, openChunk, type ChunkMark, type ChunkWriter, type SpooledChunk } from '../staging/spool.ts'
import type { Fence } from '../warehouse/port.ts'
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
  /** On disk, as `covered`: nothing is added afterwards. */
  readonly all: () => Gathered
  /** Children included. */
  readonly size: () => GatheredSize
}

export function openGatherer(
  context: EtlContext,
  options: {
    readonly plan: StreamPlan
    readonly fence: Pick<Fence, 'partition'>
    /** Unique among the chunks of this stream and partition. */
    readonly number: number
    /** Our clock when the scan began, or was last committed. */
    readonly since: string
  },
): Gatherer {
  const { plan, fence, number, since } = options
  const open = (stream: string) =>
    openChunk(join(context.spoolDir, `${folderName(`${stream} ${fence.partition}`)}-${number}`))
  const rows = open(plan.stream.name)
  const children = new Map<string, { readonly writer: ChunkWriter; readonly parents: ParentSet[] }>()
  const windows: ReadWindow[] = []
  let covered: Mark | null = null

  const writerOf = (child: ChildBatch, readAt: Date): ChunkWriter | null => {
    if (!plan.children.some((known) => known.child.name === child.stream)) return null
    const gathered = children.get(child.stream) ?? { writer: open(child.stream), parents: [] }
    children.set(child.stream, gathered)
    for (const parent of child.parents) gathered.parents.push({ parent, readAt: readAt.toISOString() })
    return gathered.writer
  }
  const mark = (): Mark => ({
    rows: rows.mark(),
    children: [...children].map(([name, { writer, parents }]) => ({
      name,
      mark: writer.mark(),
      parents: parents.length,
    })),
    windows: windows.length,
  })
  const until = (place: Mark): Gathered => ({
    rows: rows.chunk(place.rows),
    children: place.children.flatMap(({ name, mark: end, parents: count }) => {
      const child = children.get(name)
      return child ? [{ name, chunk: child.writer.chunk(end), parents: child.parents.slice(0, count) }] : []
    }),
    windows: windows.slice(0, place.windows),
  })
  return {
    async add(batch) {
      const { runId: run_id, emit } = context
      const stream = batch.child?.stream ?? plan.stream.name
      emit({ type: 'batch.extracted', run_id, stream, rows: countRows(batch) })
      const readAt = within(batch.readAt, new Date(since), context.clock.now())
      for (const child of childrenOfGone(plan, batch)) writerOf(child, readAt)
      const writer = batch.child ? writerOf(batch.child, readAt) : rows
      if (!writer) return
      emit({ type: 'batch.spooled', run_id, stream, rows: await writer.add(batch, readAt) })
    },
    checkpoint(checkpoint) {
      windows.push(...(checkpoint.windows ?? []))
      covered = mark()
    },
    covered: () => covered && until(covered),
    all: () => until(mark()),
    size() {
      const chunks = [rows.size(), ...[...children.values()].map(({ writer }) => writer.size())]
      const sum = (of: 'rows' | 'bytes') => chunks.reduce((total, chunk) => total + chunk[of], 0)
      return { rows: sum('rows'), bytes: sum('bytes') }
    },
  }
}

/**
 * Our clock may be set back: what this scan saw was seen after it began, or the sweep would take it. Nothing
 * was read later than now: no run could change a row that says so until then.
 */
function within(readAt: Date, since: Date, now: Date): Date {
  const past = readAt > now ? now : readAt
  return past < since ? since : past
}

/** A parent that is gone has no children any more. */
function childrenOfGone({ stream, children }: StreamPlan, batch: Batch): readonly ChildBatch[] {
  const field = stream.key.at(-1)
  if (batch.kind !== 'tombstones' || batch.child || field === undefined) return []
  const parents = batch.keys.map((key) => String(key[field]))
  return children.map(({ child }) => ({ stream: child.name, parents }))
}

export const nothingGathered: Gathered = {
  rows: { directory: '', files: [], rows: 0, bytes: 0 },
  children: [],
  windows: [],
}

/** How far everything had come at a checkpoint. */
type Mark = {
  readonly rows: ChunkMark
  readonly children: readonly { readonly name: string; readonly mark: ChunkMark; readonly parents: number }[]
  readonly windows: number
}
