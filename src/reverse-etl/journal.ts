/**
 * What the destination has said and no transaction has taken yet: answers in segments, each synced to disk before the next
 * batch counts as done. The next session takes a segment whole; after a crash the next run does.
 */
import { type FileHandle, mkdir, open, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json } from '../model/json.ts'
import { asMillraceError, MillraceError } from '../model/millrace-error.ts'
import type { Answer, Fence, SnapshotColumn } from '../warehouse/port.ts'
import { chain } from './chain.ts'
import { changeLine, type SpooledChange } from './change-spool.ts'

export type JournalHeader = {
  readonly fence: Fence
  readonly columns: readonly SnapshotColumn[]
  readonly mappingVersion: string
}

/** A batch that went out: of each of its rows the key and the operation. */
export type SentBatch = { readonly keys: readonly string[]; readonly ops: readonly string[] }

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

  private constructor(directory: string, sequence: number) {
    this.#directory = directory
    this.#sequence = sequence
  }

  /** @throws MillraceError MR-2004, MR-2008, as everything that writes here */
  static async create(directory: string, header: JournalHeader): Promise<Journal> {
    await inWords(directory, async () => {
      await mkdir(directory, { recursive: true })
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

  #path(): string {
    return join(this.#directory, `${segmentPrefix}${this.#sequence}.ndjson`)
  }
}

/** The file system's refusals are nobody's bug: a spool that was deleted, or made read-only, during a run. */
async function inWords(directory: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const known = asMillraceError(error, `writing down answers in ${directory}`)
    if (known.code !== 'MR-7000' || !(error instanceof Error && 'syscall' in error)) throw known
    throw new MillraceError('MR-2008', {
      message: `Writing down in ${directory} what the destination answered failed: ${error.message}`,
      kept: 'What was answered before it is kept; what was answered and not written down is sent again by the next run.',
      next: 'Was .millrace/spool deleted or made read-only during the run? Leave it to millrace, and run again.',
      cause: error,
    })
  }
}

export type LeftJournal = {
  readonly directory: string
  readonly header: JournalHeader
  readonly segments: readonly Segment[]
  readonly receipts: readonly LeftReceipt[]
}

/** A vendor's job that a dead run had begun, and where its changes stand. */
export type LeftReceipt = { readonly receipt: Json; readonly path: string }

/** Journals that runs before this one left behind in a sync's spool directory. */
export async function leftJournals(syncDirectory: string, ownRunId: string): Promise<readonly LeftJournal[]> {
  const runs = await readdir(syncDirectory).catch(() => [])
  const found: LeftJournal[] = []
  for (const run of runs.filter((name) => name !== ownRunId).sort()) {
    const directory = join(syncDirectory, run)
    const header = await readHeader(directory)
    if (!header) {
      // It died before it could send anything: what it had spooled is of no use, and holds people's data.
      await dropDirectory(directory)
      continue
    }
    const segments: Segment[] = []
    for (const { name, sequence } of await segmentNames(directory)) {
      const path = join(directory, name)
      segments.push({ path, sequence, rows: await trimTornLine(path) })
    }
    found.push({ directory, header, segments, receipts: await readReceipts(directory) })
  }
  return found
}

/** null: there is none, or a kill tore it; no request goes out before it stands whole. */
export async function readHeader(directory: string): Promise<JournalHeader | null> {
  const text = await readFile(join(directory, headerName), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return JSON.parse(text) as JournalHeader // what create() wrote
  } catch {
    return null
  }
}

/** The files of answers that lie there. */
export async function segmentNames(
  directory: string,
): Promise<readonly { readonly name: string; readonly sequence: number }[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(segmentPrefix))
  return names.sort().map((name) => ({ name, sequence: Number(/(\d+)\./.exec(name)?.[1] ?? 0) }))
}

/** A receipt without its file of changes, or torn, was never promised: no job has begun. */
async function readReceipts(directory: string): Promise<readonly LeftReceipt[]> {
  const names = (await readdir(directory)).filter((name) => name.startsWith(receiptPrefix) && name.endsWith('.json'))
  const found: LeftReceipt[] = []
  for (const name of names.sort()) {
    try {
      // What keepReceipt wrote.
      const receipt = JSON.parse(await readFile(join(directory, name), 'utf8')) as Json
      found.push({ receipt, path: join(directory, name.replace(/json$/, 'ndjson')) })
    } catch {
      continue
    }
  }
  return found
}

/** A kill in the middle of a write leaves half a line at the end: it was never promised, so it goes. */
async function trimTornLine(path: string): Promise<number> {
  const text = await readFile(path, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole.length !== text.length) await writeFile(path, whole, { flush: true })
  return whole.split('\n').length - 1
}

export async function answersOf(segment: Segment): Promise<readonly Answer[]> {
  const text = await readFile(segment.path, 'utf8')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Answer) // what append() wrote
}

export const dropDirectory = (directory: string): Promise<void> => rm(directory, { recursive: true, force: true })

const headerName = 'journal.json'
const segmentPrefix = 'answers-'
const receiptPrefix = 'receipt-'
