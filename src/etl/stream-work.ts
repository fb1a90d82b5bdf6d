/**
 * The reading and committing of one scan. While a chunk is filled, those before it are staged and committed, in order: at most
 * two are on their way. Staged chunks wait until together they are worth a commit.
 */
import { join } from 'node:path'
import { advance, complete, type Cursor, type CursorInScan } from '../model/cursor.ts'
import type { WholeOf } from '../connector/checkpoint.ts'
import type { Scan } from '../connector/contract.ts'
import type { Json } from '../model/json.ts'
import { emptyEtlLedger, loaded, sumLedgers, type EtlLedger } from '../model/ledger.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { StreamReport } from '../model/run.ts'
import { openWorkbench, type Workbench } from '../staging/workbench.ts'
import type { Fence } from '../warehouse/port.ts'
import type { ShrinkLimit } from '../warehouse/table-write.ts'
import { openPace, type ChunkPace } from './chunk-pace.ts'
import type { EtlContext } from './context.ts'
import { nothingGathered, openGatherer, type Gathered, type Gatherer } from './gather.ts'
import { goneBy, nothingGone } from './gone-by.ts'
import { workInOrder, type InOrder } from './in-order.ts'
import { afterTrial, withRowsOf } from './known-of-table.ts'
import { countRead } from './read-again.ts'
import { laterOf, readSince, steady, withCommittedAt } from './our-clock.ts'
import type { StreamPlan } from './resolve-streams.ts'
import { commitCursor, commitStaged, stageForStream, type ChunkCommit, type StagedChunk } from './stage-and-commit.ts'
import { askedThroughout } from './throughout.ts'
import { withinLimit } from './within-limit.ts'

export type StreamStart = {
  readonly plan: StreamPlan
  readonly fence: Fence
  readonly cursor: Cursor
  readonly connectorName: string
  /** The scan in the cursor was made for this run: nothing is resumed. @default false */
  readonly isNew?: boolean
  /** Of the last commit that this run made for the stream: a commit is known by its run, stream and sequence. @default 0 */
  readonly sequence?: number
}

/** What stands against the completion of a scan; null: nothing. */
export type Verify = (read: number) => Promise<MillraceError | null>

type Step = {
  readonly gathered: Gathered
  readonly resume: Json
  /** Of the rows, those that are read again. */
  readonly again: number
  /** false: it is staged, and waits. */
  readonly commits: boolean
  /** The last commit of the scan, once the count is verified. */
  readonly final: Verify | null
}

/** Has a lifetime: the chunk being filled and the one being committed. */
export class StreamWork {
  readonly #context: EtlContext
  readonly #start: StreamStart
  readonly #scan: Scan
  readonly #maxShrink: ShrinkLimit
  readonly #workbench: Workbench
  readonly #ledgers = new Map<string, EtlLedger>()
  #cursor: CursorInScan
  #sequence: number
  #chunks = 0
  #gatherer: Gatherer
  readonly #underWay: InOrder<Step>
  #resume: Json
  #again = 0
  readonly #read = countRead()
  #wholeOf: WholeOf | null = null
  /** Staged chunks that wait for their commit. */
  #earlier: readonly StagedChunk[] = []
  readonly #pace: ChunkPace

  constructor(
    context: EtlContext,
    start: StreamStart,
    work: { readonly cursor: CursorInScan; readonly scan: Scan; readonly maxShrink: ShrinkLimit },
  ) {
    this.#context = { ...context, clock: steady(context.clock) }
    this.#start = start
    this.#scan = work.scan
    this.#maxShrink = work.maxShrink
    this.#cursor = withRowsOf(start.plan, work.scan.start, work.cursor)
    this.#sequence = start.sequence ?? 0
    this.#resume = work.scan.resume
    this.#pace = openPace(context.chunk)
    this.#workbench = openWorkbench(join(context.spoolDir, 'staging'))
    const { plan } = start
    this.#underWay = workInOrder({
      first: ({ gathered }) => stageForStream(context, { plan, workbench: this.#workbench }, gathered),
      second: (step, staged) => this.#run(step, staged),
      failure: (error) => (error instanceof Error ? error : asMillraceError(error, `committing ${plan.stream.name}`)),
    })
    this.#gatherer = this.#openGatherer()
  }

  /** true: the scan is at its end; false: stopped at a checkpoint. */
  async read(): Promise<boolean> {
    const { plan } = this.#start
    const { signal } = this.#context
    const items = plan.stream.read(this.#scan, this.#context.callContext(signal))
    for await (const item of withinLimit(items, this.#scan, plan)) {
      signal.throwIfAborted()
      if (this.#underWay.hasFailed()) break
      if (item.kind !== 'checkpoint') {
        await this.#gatherer.add(item)
        continue
      }
      this.#resume = item.resume
      this.#again += item.again ?? 0
      this.#wholeOf = item.wholeOf ?? this.#wholeOf
      this.#gatherer.checkpoint(item)
      if (this.#context.isStopping()) return false
      const size = this.#gatherer.size()
      const commits = this.#pace.isDue(size, plan.mode === 'replace_window' && item.daysOpen === true)
      // What is read again is no duplicate within a chunk: it would be taken off twice.
      if (commits || this.#pace.isFull(size) || item.again)
        await this.#handOver(this.#gatherer.all(), { commits, final: null })
    }
    await this.#underWay.settled()
    return true
  }

  /** The last commit: the watermark moves, and what a full pass did not see is swept. */
  async finish(verify: Verify): Promise<void> {
    await this.#underWay.settled()
    await this.#handOver(this.#gatherer.all(), { commits: true, final: verify })
    await this.#underWay.settled()
  }

  /** Commits what the last checkpoint covers. Rows past it come again: nothing is counted or appended twice. */
  async pause(): Promise<void> {
    if (this.#underWay.hasFailed()) return
    await this.#underWay.settled()
    const covered = this.#gatherer.covered()
    if (covered === null && this.#earlier.length === 0) return
    await this.#handOver(covered ?? nothingGathered, { commits: true, final: null })
    await this.#underWay.settled()
  }

  /** Nothing is staged after it. */
  async close(): Promise<void> {
    await this.#underWay.ended()
    await this.#workbench.close()
  }

  /** Whose rows it has read. null: everybody's. */
  readonly wholeOf = (): WholeOf | null => this.#wholeOf

  /** Of the last commit that was tried. */
  readonly sequence = (): number => this.#sequence

  /** The ledgers of the stream and its children, of all that was committed. */
  reports(counted: number | null): ReadonlyMap<string, StreamReport> {
    const { stream, children, part } = this.#start.plan
    const names = [stream.name, ...(part?.children ?? children).map(({ child }) => child.name)]
    return new Map(
      names.map((name, index) => {
        const ledger = this.#ledgers.get(name) ?? emptyEtlLedger
        return [name, { ...ledger, loaded: loaded(ledger), counted: index === 0 ? counted : null }]
      }),
    )
  }

  /** Hands the chunk over and goes on reading. */
  async #handOver(gathered: Gathered, how: Pick<Step, 'commits' | 'final'>): Promise<void> {
    const step = { gathered, resume: this.#resume, again: this.#again, ...how }
    this.#again = 0
    await this.#underWay.push(step)
    if (how.commits) this.#pace.commits()
    else this.#pace.waits(this.#gatherer.size())
    this.#gatherer = this.#openGatherer()
  }

  async #run({ gathered, resume, again, commits, final }: Step, staged: StagedChunk): Promise<void> {
    const { repeats, counts } = staged.parent
    const added = this.#read.add({ rows: gathered.rows.rows, duplicates: counts.duplicates, repeats }, again)
    const advanced = advance(this.#cursor, resume, added)
    if (!commits) {
      this.#earlier = [...this.#earlier, staged]
      this.#cursor = advanced
      return
    }
    const { read } = advanced.scan
    const problem = (await final?.(read)) ?? null
    const waiting = { chunks: [...this.#earlier, staged], isLast: final !== null && !problem, read }
    // Of a replacement that misses rows nothing more goes in.
    if (problem && this.#start.plan.mode === 'full_refresh') {
      await this.#abandon(this.#commitOf({ ...waiting, cursor: advanced }))
      throw problem
    }
    // A scan that missed rows is not gone on with: the next run begins another one.
    const next = problem
      ? this.#abandoned()
      : final
        ? complete(advanced, askedThroughout(this.#start.plan, this.#scan.start, advanced))
        : advanced
    await this.#write(this.#commitOf({ ...waiting, cursor: next }))
    this.#earlier = []
    this.#cursor = advanced
    if (problem) throw problem
  }

  #commitOf({
    chunks,
    cursor,
    isLast,
    read,
  }: Pick<ChunkCommit, 'chunks' | 'isLast'> & { readonly cursor: Cursor; readonly read: number }): ChunkCommit {
    const { plan, fence, connectorName: connector, cursor: begun } = this.#start
    const { scan } = this.#cursor
    const { limit, start } = this.#scan
    const isPartition = fence.partition !== ''
    const replacesWindows = plan.mode === 'replace_window'
    // It may be set back while we read: what was refused in this scan was refused after it began, or the sweep would take its row.
    const syncedAt = laterOf(this.#context.clock.now().toISOString(), readSince(this.#cursor))
    return {
      plan,
      fence,
      sequence: ++this.#sequence,
      chunks,
      connector,
      scanId: scan.id,
      syncedAt,
      isLast,
      cursor: withCommittedAt(limit === null ? cursor : afterTrial(plan, { start, read }, begun), syncedAt),
      // A live scan may be under way beside a backfill, though its cursor does not say so yet.
      touchUnchanged: (scan.full && plan.stream.enumerates === true) || isPartition || replacesWindows,
      windowsReadBefore: replacesWindows && limit === null ? scan.started_at : null,
      ...(isLast
        ? goneBy({
            plan,
            scan: this.#scan,
            cursor: this.#cursor,
            isPartition,
            maxShrink: this.#maxShrink,
            read,
            wholeOf: this.#wholeOf,
          })
        : nothingGone),
    }
  }

  async #write(commit: ChunkCommit): Promise<void> {
    const { plan } = this.#start
    const counts = await commitStaged(this.#context, commit).catch(async (error: unknown) => {
      // The guard speaks of this pass: after it the next run looks at the source again, from the beginning.
      if (error instanceof MillraceError && error.code === 'MR-4105') await this.#abandon(commit)
      throw error
    })
    for (const { stream, ledger } of counts)
      this.#ledgers.set(stream, sumLedgers(this.#ledgers.get(stream) ?? emptyEtlLedger, [ledger]))
    const own = counts.find((count) => count.stream === plan.stream.name)?.ledger ?? emptyEtlLedger
    this.#context.emit({
      type: 'cursor.committed',
      run_id: this.#context.runId,
      stream: plan.stream.name,
      sequence: commit.sequence,
      loaded: loaded(own),
      done: commit.isLast,
    })
  }

  async #abandon(commit: ChunkCommit): Promise<void> {
    if (this.#scan.limit !== null) return
    const cursor = withCommittedAt(this.#abandoned(), commit.syncedAt)
    await commitCursor(this.#context, { ...commit, sequence: ++this.#sequence, cursor })
  }

  #abandoned(): Cursor {
    return { ...this.#cursor, scan: null }
  }

  #openGatherer(): Gatherer {
    return openGatherer(this.#context, { ...this.#start, number: ++this.#chunks, since: readSince(this.#cursor) })
  }
}
