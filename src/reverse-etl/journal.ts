/**
 * What the destination has said and no transaction has taken yet: answers in segments, each synced to disk before the next
 * batch counts as done. The next session takes a segment whole; after a crash the next run does.
 */
import { type FileHandle, mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../model/json.ts'
import { ownFolder } from '../model/own-folder.ts'
import { inSpool } from '../model/spool-refusal.ts'
import type { Answer, Fence, SnapshotColumn } from '../warehouse/port.ts'
import { chain } from './chain.ts'
import { changeLine, type SpooledChange } from './change-spool.ts'

/** What all answers of a run are committed with. */
export type JournalHeader = {
  readonly fence: Fence
  /** To which is sent; older versions did not write it down. */
  readonly account?: string
  readonly columns: readonly SnapshotColumn[]
  readonly mappingVersion: string
}

/** A batch that went out. Not its changes: of two chunks they would fill the memory. */
export type SentBatch = readonly Pick<Answer, 'key' | 'op'>[]

/** Its answers, as JSON. */
export type JournalEntry = { readonly lines: readonly string[]; readonly batch: SentBatch }

export type Segment = { readonly path: string; readonly sequence: number; readonly rows: number }

/** One that this run has closed, with the batches that are answered in it. */
export type ClosedSegment = Segment & { readonly batches: readonly SentBatch[] }

export class Journal {
  readonly #directory: string
  #sequence: number
  #file: FileHandle | undefined
  #batches: SentBatch[] = []
  #rows = 0
  #bytes = 0
  #waiting: JournalEntry[] = []
  #scheduled: Promise<void> | undefined
  readonly #turns = chain()
  #receipts = 0
  #takenBack = 0

  private constructor(directory: string, sequence: number) {
    this.#directory = directory
    this.#sequence = sequence
  }

  /** @throws MillraceError MR-2004, MR-2008, as everything that writes here */
  static async create(directory: string, header: JournalHeader): Promise<Journal> {
    await inWords(directory, async () => {
      await mkdir(directory, ownFolder(directory))
      await writeFile(join(directory, headerName), JSON.stringify(header), { flush: true })
    })
    return new Journal(directory, 1)
  }

  /** Jobs at the vendor were begun. */
  get hasReceipts(): boolean {
    return this.#receipts > 0
  }

  get rows(): number {
    return this.#rows
  }

  /** Of the segment that is being filled, as `rows`. */
  get bytes(): number {
    return this.#bytes
  }

  /** On return the answers survive a kill. Those that come while others are on their way to the disk share the next way. */
  append(entry: JournalEntry): Promise<void> {
    if (entry.lines.length === 0) return Promise.resolve()
    this.#waiting.push(entry)
    this.#scheduled ??= this.#turns.next(() => inWords(this.#directory, () => this.#writeWaiting()))
    return this.#scheduled
  }

  /** Closes the segment and begins another; undefined: there is nothing in it. */
  rotate(): Promise<ClosedSegment | undefined> {
    return this.#turns.next(async () => {
      if (!this.#file) return undefined
      await this.#file.close()
      const segment = { path: this.#path(), sequence: this.#sequence, rows: this.#rows, batches: this.#batches }
      this.#file = undefined
      this.#batches = []
      this.#rows = 0
      this.#bytes = 0
      this.#sequence++
      return segment
    })
  }

  async #writeWaiting(): Promise<void> {
    this.#scheduled = undefined
    const entries = this.#waiting
    this.#waiting = []
    const file = (this.#file ??= await open(this.#path(), 'a'))
    const lines = Buffer.from(entries.map((entry) => `${entry.lines.join('\n')}\n`).join(''))
    try {
      await file.appendFile(lines)
      await file.datasync()
    } catch (error) {
      // Half a line in the middle would make the whole segment unreadable (a full disk).
      await file.truncate(this.#bytes)
      throw error
    }
    for (const { batch, lines: written } of entries) {
      this.#batches.push(batch)
      this.#rows += written.length
    }
    this.#bytes += lines.length
  }

  /**
   * The changes that a vendor's job holds, and its id, until they are answered. On return both survive a kill. Gives a file
   * of the keys.
   */
  async keepReceipt(changes: readonly SpooledChange[], receipt: Json): Promise<string> {
    const name = `${receiptPrefix}${++this.#receipts}`
    const path = join(this.#directory, `${name}.ndjson`)
    const keys = join(this.#directory, `${name}.keys.ndjson`)
    await inWords(this.#directory, async () => {
      await writeFile(path, changes.map((change) => `${changeLine(change)}\n`).join(''), { flush: true })
      await writeFile(join(this.#directory, `${name}.json`), JSON.stringify(receipt), { flush: true })
      await writeFile(keys, changes.map(({ key }) => `${JSON.stringify({ key })}\n`).join(''))
    })
    return keys
  }

  /** On return it survives a kill that what was answered of a batch counts for nothing: whoever finds it opens the intents again. */
  takeBack(batch: SentBatch): Promise<void> {
    const lines = batch.map((row) => `${JSON.stringify(row)}\n`)
    const path = join(this.#directory, `${takenBackPrefix}${++this.#takenBack}.ndjson`)
    return inWords(this.#directory, () => writeFile(path, lines.join(''), { flush: true }))
  }

  #path(): string {
    return join(this.#directory, `${segmentPrefix}${this.#sequence}.ndjson`)
  }
}

const inWords = <T>(directory: string, work: () => Promise<T>): Promise<T> =>
  inSpool(
    {
      doing: 'writing down what the destination answered',
      directory,
      kept: 'What was answered before it is kept; what was answered and not written down is sent again by the next run.',
    },
    work,
  )

export const headerName = 'journal.json'
export const segmentPrefix = 'answers-'
export const receiptPrefix = 'receipt-'
export const takenBackPrefix = 'taken-back-'
