/** One stream: scan, spool, and at every checkpoint that has gathered enough, stage and commit, while reading goes on. */
import { join } from 'node:path'
import type { Batch, OpenedConnector, Scan } from '../connector/contract.ts'
import { advance, complete, type Cursor, type ScanState } from '../model/cursor.ts'
import type { Json } from '../model/json.ts'
import { emptyEtlLedger, loaded, type EtlLedger } from '../model/ledger.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { StreamReport } from '../model/run.ts'
import { openChunk, type ChunkWriter } from '../staging/spool.ts'
import type { Fence, ParentSet, ShrinkLimit, StagedFile } from '../warehouse/port.ts'
import { beginScan } from './begin-scan.ts'
import type { EtlContext } from './context.ts'
import type { StreamPlan } from './resolve-streams.ts'
import { addLedgers, commitStaged, stageForStream, type ChunkCommit } from './stage-and-commit.ts'
import { scanOf, type StreamOptions } from './scan-of.ts'
import { verifyCount } from './verify-count.ts'

export type StreamStart = {
  readonly plan: StreamPlan
  readonly fence: Fence
  readonly cursor: Cursor
  readonly connectorName: string
}

export type StreamOutcome = { readonly reports: ReadonlyMap<string, StreamReport>; readonly stopped: boolean }

export async function syncStream(
  context: EtlContext,
  start: StreamStart,
  options: StreamOptions & {
    readonly vendorNow: Date
    readonly maxShrink: ShrinkLimit
    readonly verify: 'off' | 'warn' | 'strict'
  },
): Promise<StreamOutcome> {
  const { plan } = start
  const { stream } = plan
  const begun = beginScan({
    cursor: start.cursor,
    vendorNow: options.vendorNow,
    now: context.clock.now(),
    lagMs: stream.lagMs,
    overlapMs: stream.overlapMs,
    full: options.fullRefresh || (plan.mode === 'full_refresh' && start.cursor.scan === null),
    scanId: `${context.runId}-${stream.name}`.slice(-40),
  })
  const scan = scanOf(begun.cursor.scan, plan, options)
  context.emit({
    type: 'stream.started',
    run_id: context.runId,
    stream: stream.name,
    scan: scan.id,
    from: scan.from,
    to: scan.to,
    resumed: begun.resumed,
  })
  const work = new StreamWork(context, start, { cursor: begun.cursor, scan, options })
  const counted = await count(context, plan, scan, options)
  const finished = await work.read().catch(async (error: unknown) => {
    if (!context.signal.aborted) await work.pause()
    throw error
  })
  if (finished)
    await work.finish((total) => verifyCount(context, { plan, scan, counted, read: total, verify: options.verify }))
  else await work.pause()
  return { reports: work.reports(counted), stopped: !finished }
}

async function count(
  context: EtlContext,
  plan: StreamPlan,
  scan: Scan,
  options: StreamOptions & { verify: string },
): Promise<number | null> {
  if (!plan.stream.count || options.verify === 'off' || scan.limit !== null) return null
  const counted = await plan.stream.count(scan, context.callContext(context.signal))
  context.emit({ type: 'stream.counted', run_id: context.runId, stream: plan.stream.name, count: counted })
  return counted
}

type Work = {
  readonly cursor: Cursor & { readonly scan: ScanState }
  readonly scan: Scan
  readonly options: StreamOptions & { readonly maxShrink: ShrinkLimit }
}

/** Has a lifetime: the chunk being filled and the one being committed. */
class StreamWork {
  readonly #context: EtlContext
  readonly #start: StreamStart
  readonly #work: Work
  readonly #ledgers = new Map<string, EtlLedger>()
  #cursor: Cursor & { readonly scan: ScanState }
  #sequence = 0
  #chunks = 0
  #rows: ChunkWriter
  #children = new Map<string, { readonly writer: ChunkWriter; readonly parents: ParentSet[] }>()
  #openedAt: number
  #committing: Promise<void> = Promise.resolve()
  #failure: unknown = undefined
  #resume: Json
  #earlier: StagedFile[] = []
  #checkpointed = false

  constructor(context: EtlContext, start: StreamStart, work: Work) {
    this.#context = context
    this.#start = start
    this.#work = work
    this.#cursor = work.cursor
    this.#resume = work.scan.resume
    this.#rows = this.#openChunk(start.plan.stream.name)
    this.#openedAt = performance.now()
  }

  /** true: the scan is at its end; false: stopped at a checkpoint. */
  async read(): Promise<boolean> {
    const { stream } = this.#start.plan
    const { signal } = this.#context
    for await (const item of stream.read(this.#work.scan, this.#context.callContext(signal))) {
      signal.throwIfAborted()
      if (this.#failure !== undefined) break
      if (item.kind !== 'checkpoint') {
        await this.#take(item)
        continue
      }
      this.#resume = item.resume
      this.#checkpointed = true
      if (this.#context.isStopping()) return false
      if (this.#isFull()) await this.#commit({ final: false })
    }
    await this.#settled()
    return true
  }

  /** The last commit: the watermark moves, and what a full pass did not see is swept. */
  async finish(verify: (read: number) => Promise<void>): Promise<void> {
    await this.#settled()
    await this.#commit({ final: true, verify })
    await this.#settled()
  }

  /**
   * What came since the last commit is committed with the last checkpoint as resume point. Rows past that checkpoint come
   * again; they are merged by key, so a stream without one gives up the chunk instead.
   */
  async pause(): Promise<void> {
    await this.#settled()
    if (!this.#checkpointed || this.#start.plan.stream.key.length === 0) return
    await this.#commit({ final: false })
    await this.#settled()
  }

  reports(counted: number | null): ReadonlyMap<string, StreamReport> {
    const names = [this.#start.plan.stream.name, ...this.#start.plan.children.map(({ child }) => child.name)]
    return new Map(
      names.map((name, index) => {
        const ledger = this.#ledgers.get(name) ?? emptyEtlLedger
        return [name, { ...ledger, loaded: loaded(ledger), counted: index === 0 ? counted : null }]
      }),
    )
  }

  async #take(batch: Batch): Promise<void> {
    const { runId: run_id, emit } = this.#context
    const stream = batch.child?.stream ?? this.#start.plan.stream.name
    emit({
      type: 'batch.extracted',
      run_id,
      stream,
      rows:
        batch.kind === 'records' ? batch.records.length : batch.kind === 'tombstones' ? batch.keys.length : batch.rows,
    })
    const writer = batch.child ? this.#childChunk(batch.child, batch.readAt) : this.#rows
    if (!writer) return
    const rows = await writer.add(batch, batch.readAt)
    emit({ type: 'batch.spooled', run_id, stream, rows })
  }

  #childChunk(
    child: { readonly stream: string; readonly parents: readonly string[] },
    readAt: Date,
  ): ChunkWriter | null {
    if (!this.#start.plan.children.some((known) => known.child.name === child.stream)) return null
    let chunk = this.#children.get(child.stream)
    if (!chunk) this.#children.set(child.stream, (chunk = { writer: this.#openChunk(child.stream), parents: [] }))
    for (const parent of child.parents) chunk.parents.push({ parent, readAt: readAt.toISOString() })
    return chunk.writer
  }

  #isFull(): boolean {
    const { chunk } = this.#context
    const { rows, bytes } = this.#rows.chunk()
    return rows >= chunk.rows || bytes >= chunk.bytes || (rows > 0 && performance.now() - this.#openedAt >= chunk.ageMs)
  }

  /** Hands the chunk over and goes on reading; at most one is on its way. */
  async #commit(step: { readonly final: boolean; readonly verify?: (read: number) => Promise<void> }): Promise<void> {
    await this.#settled()
    const commit = this.#describe(step.final)
    this.#rows = this.#openChunk(this.#start.plan.stream.name)
    this.#children = new Map()
    this.#checkpointed = false
    this.#openedAt = performance.now()
    this.#committing = this.#run(commit, step).catch((error: unknown) => {
      this.#failure = error
    })
  }

  #describe(final: boolean): Omit<ChunkCommit, 'cursor'> & { readonly resume: Json } {
    const { plan, fence, connectorName } = this.#start
    const { scan } = this.#cursor
    // With a `start` the pass does not list everything: what it did not see may just be older.
    const listsAll = plan.stream.enumerates === true && this.#work.scan.start === null && this.#work.scan.limit === null
    const sweeps = final && scan.full && listsAll
    return {
      plan,
      fence,
      sequence: ++this.#sequence,
      rows: this.#rows.chunk(),
      children: [...this.#children].map(([name, { writer, parents }]) => ({ name, chunk: writer.chunk(), parents })),
      connector: connectorName,
      touchUnchanged: scan.full && plan.stream.enumerates === true,
      sweep:
        sweeps || plan.mode === 'full_refresh'
          ? { readBefore: scan.started_at, maxShrink: this.#work.options.maxShrink }
          : null,
      earlier: [],
      resume: this.#resume,
    }
  }

  async #run(
    described: Omit<ChunkCommit, 'cursor'> & { readonly resume: Json },
    step: { readonly final: boolean; readonly verify?: (read: number) => Promise<void> },
  ): Promise<void> {
    const staged = await stageForStream(this.#context, { ...described, cursor: null })
    const rows = described.rows.rows - staged.parent.counts.duplicates
    const advanced = advance(this.#cursor, described.resume, rows)
    if (this.#start.plan.mode === 'full_refresh' && !step.final) {
      // Replaced in one transaction at the end: until then the files wait, and a killed run begins again.
      this.#earlier.push(staged.parent)
      this.#cursor = { ...advanced, scan: { ...advanced.scan, partitions: this.#cursor.scan.partitions } }
      return
    }
    await step.verify?.(advanced.scan.read)
    const next = step.final ? complete(advanced) : advanced
    const commit: ChunkCommit = {
      ...described,
      earlier: this.#earlier,
      cursor: this.#work.scan.limit === null ? next : null,
    }
    const counts = await commitStaged(this.#context, commit, staged)
    this.#cursor = advanced
    addLedgers(this.#ledgers, counts)
    const parent = counts.find((count_) => count_.stream === described.plan.stream.name)?.ledger ?? emptyEtlLedger
    this.#context.emit({
      type: 'cursor.committed',
      run_id: this.#context.runId,
      stream: described.plan.stream.name,
      sequence: described.sequence,
      loaded: loaded(parent),
      done: step.final,
    })
  }

  async #settled(): Promise<void> {
    await this.#committing
    if (this.#failure !== undefined) throw this.#failure
  }

  #openChunk(stream: string): ChunkWriter {
    return openChunk(join(this.#context.spoolDir, `${stream.replace(/\W/g, '_')}-${++this.#chunks}`))
  }
}

export function stoppedBySignal(doing: string): MillraceError {
  return new MillraceError('MR-7001', {
    message: `${doing} was stopped on request.`,
    kept: 'Everything up to the last checkpoint is committed; the next run goes on there.',
  })
}
