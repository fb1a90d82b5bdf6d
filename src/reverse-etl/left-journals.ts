/** The journals of dead runs, as they lie in the spool. Of their segments a piece at a time is read, however long they are. */
import { createReadStream } from 'node:fs'
import { open, readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { valueAt } from '../connector/value-at.ts'
import type { Json } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { inSpool } from '../model/spool-refusal.ts'
import type { Answer } from '../warehouse/port.ts'
import { readChanges, readLines } from './change-spool.ts'
import {
  headerName,
  receiptPrefix,
  segmentPrefix,
  takenBackPrefix,
  type JournalHeader,
  type Segment,
} from './journal.ts'
import { unlessMissing } from '../model/unless-missing.ts'

export type LeftJournal = {
  readonly directory: string
  readonly header: JournalHeader
  readonly segments: readonly Segment[]
  readonly receipts: readonly LeftReceipt[]
  /** Files of rows of which an answer counts for nothing, whatever a segment says. */
  readonly takenBack: readonly string[]
}

/** A vendor's job that a dead run had begun, and where its changes stand. */
export type LeftReceipt = { readonly receipt: Json; readonly path: string }

/**
 * Journals that runs before this one left behind in a sync's spool directory.
 * @throws MillraceError MR-2008 where one cannot be read, or is damaged: its answers are lost with it, and its jobs go on
 */
export function leftJournals(syncDirectory: string, ownRunId: string): Promise<readonly LeftJournal[]> {
  return looking(syncDirectory, async () => {
    const runs: readonly string[] = await unlessMissing(readdir(syncDirectory), [])
    const found: LeftJournal[] = []
    for (const run of runs.filter((name) => name !== ownRunId).toSorted()) {
      const directory = join(syncDirectory, run)
      const header = await readHeader(directory)
      if (!header) {
        if (await holdsAnswers(directory)) throw damaged(directory, headerName)
        // It died before it could send anything: what it had spooled is of no use, and holds people's data.
        await dropDirectory(directory)
        continue
      }
      const segments: Segment[] = []
      for (const { name, sequence } of await segmentNames(directory)) {
        const path = join(directory, name)
        await trimTornLine(path)
        segments.push({ path, sequence, rows: await countRows(directory, name) })
      }
      const takenBack = await namesIn(directory, takenBackPrefix)
      for (const name of takenBack) {
        await trimTornLine(join(directory, name))
        await countRows(directory, name)
      }
      found.push({
        directory,
        header,
        segments,
        receipts: await readReceipts(directory),
        takenBack: takenBack.map((name) => join(directory, name)),
      })
    }
    return found
  })
}

/** Work on what earlier runs left, with the file system's refusals in words. */
export const looking = <T>(syncDirectory: string, work: () => Promise<T>): Promise<T> =>
  inSpool({ doing: 'reading what earlier runs left', directory: syncDirectory, kept: keptAsItIs }, work)

/**
 * null: there is none, or a kill tore it; no request goes out before it stands whole.
 * @throws MillraceError MR-2008 where it is whole, and says something else
 */
export async function readHeader(directory: string): Promise<JournalHeader | null> {
  const text = await unlessMissing(readFile(join(directory, headerName), 'utf8'), null)
  const header = text === null ? undefined : parsed(text)
  if (header === undefined) return null
  const isWhole =
    fenceTexts.every((name) => typeof valueAt(header, name) === 'string') &&
    typeof valueAt(header, 'fence.epoch') === 'number' &&
    Array.isArray(valueAt(header, 'columns'))
  if (!isWhole) throw damaged(directory, headerName)
  return header as unknown as JournalHeader // what create() wrote
}

const fenceTexts = ['fence.sync', 'fence.stream', 'fence.partition', 'fence.runId']

/** Or jobs: then requests went out, and the header stood. */
const holdsAnswers = async (directory: string): Promise<boolean> =>
  (await Promise.all([segmentPrefix, receiptPrefix].map((prefix) => namesIn(directory, prefix)))).flat().length > 0

/** Of a file of rows. @throws MillraceError MR-2008 where a line names none: what the warehouse says of it helps nobody */
async function countRows(directory: string, name: string): Promise<number> {
  let rows = 0
  for await (const lines of readLines(join(directory, name)))
    for (const line of lines) {
      if (typeof valueAt(parsed(line) ?? null, 'key') !== 'string')
        throw damaged(directory, `line ${rows + 1} of ${name}`)
      rows++
    }
  return rows
}

/** undefined: it is no JSON. */
function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json // any JSON is
  } catch {
    return undefined
  }
}

const damaged = (directory: string, what: string) =>
  new MillraceError('MR-2008', {
    message: `Reading what an earlier run left in ${directory}: ${what} is gone or damaged.`,
    kept: 'What lies there is as it was, and nothing was sent.',
    next: 'With no run of this sync on, move that folder out of .millrace/spool, and run again: what it held counts as not answered, and is sent once more.',
  })

/** The files of answers that lie there. */
export async function segmentNames(
  directory: string,
): Promise<readonly { readonly name: string; readonly sequence: number }[]> {
  const names = await namesIn(directory, segmentPrefix)
  return names.map((name) => ({ name, sequence: Number(/(\d+)\./.exec(name)?.[1] ?? 0) }))
}

const namesIn = async (directory: string, prefix: string): Promise<readonly string[]> =>
  (await readdir(directory)).filter((name) => name.startsWith(prefix)).sort()

/** A receipt that is torn was never promised: no job has begun. */
async function readReceipts(directory: string): Promise<readonly LeftReceipt[]> {
  const names = await namesIn(directory, receiptPrefix)
  const found: LeftReceipt[] = []
  for (const name of names.filter((each) => each.endsWith('.json'))) {
    const receipt = parsed(await readFile(join(directory, name), 'utf8'))
    if (receipt === undefined) continue
    const changes = name.replace(/json$/, 'ndjson')
    const path = join(directory, changes)
    if (!(await holdsChanges(path))) throw damaged(directory, changes)
    found.push({ receipt, path })
  }
  return found
}

async function holdsChanges(path: string): Promise<boolean> {
  try {
    for await (const changes of readChanges(path, Infinity))
      if (changes.some(({ key }) => typeof key !== 'string')) return false
    return true
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return unlessMissing(Promise.reject(error), false)
    return false
  }
}

/** A kill in the middle of a write leaves half a line at the end: it was never promised, so it goes. */
async function trimTornLine(path: string): Promise<void> {
  const { size, end } = await endOfLines(path)
  if (end === size) return
  const file = await open(path, 'r+')
  try {
    await file.truncate(end)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Where the last whole line ends, looked for from behind. */
async function endOfLines(path: string): Promise<{ readonly size: number; readonly end: number }> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const piece = Buffer.alloc(Math.min(size, pieceBytes))
    for (let to = size; to > 0; to -= Math.min(to, pieceBytes)) {
      const from = Math.max(0, to - pieceBytes)
      const { bytesRead } = await file.read(piece, 0, to - from, from)
      const at = piece.subarray(0, bytesRead).lastIndexOf(newline)
      if (at !== -1) return { size, end: from + at + 1 }
    }
    return { size, end: 0 }
  } finally {
    await file.close()
  }
}

export async function countLines(path: string): Promise<number> {
  let lines = 0
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: pieceBytes })
  for await (const piece of pieces)
    for (let at = piece.indexOf(newline); at !== -1; at = piece.indexOf(newline, at + 1)) lines++
  return lines
}

export async function* answersOf(segment: Segment): AsyncIterable<readonly Answer[]> {
  for await (const lines of readLines(segment.path)) yield lines.map((line) => JSON.parse(line) as Answer) // what append() wrote
}

/** What a file of rows names: of a segment's answers only that, with their values they could fill the memory. */
export async function keysIn(path: string): Promise<readonly Pick<Answer, 'key' | 'op'>[]> {
  const keys: Pick<Answer, 'key' | 'op'>[] = []
  for await (const lines of readLines(path))
    for (const line of lines) {
      const { key, op } = JSON.parse(line) as Answer // what append() or takeBack() wrote
      keys.push({ key, op })
    }
  return keys
}

/** @throws MillraceError MR-2008 */
export const dropDirectory = (directory: string): Promise<void> =>
  inSpool({ doing: 'clearing away what is done with', directory, kept: keptAsItIs }, () =>
    rm(directory, { recursive: true, force: true }),
  )

const keptAsItIs = 'What lies there is as it was: answers that no transaction has taken are taken by the next run.'
const pieceBytes = 1 << 18
const newline = 0x0a
