/** The changes of a run between its diff and its delivery: one JSON line each, in the order in which they go. */
import { isAscii } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Change, Fields } from '../model/change.ts'
import { ownFolder } from '../model/own-folder.ts'
import { inSpool, type SpoolWork } from '../model/spool-refusal.ts'
import type { Answer } from '../warehouse/port.ts'
import { emptyAnswer } from './decision.ts'
import { parseExact } from './exact-number.ts'

export type SpooledChange = {
  readonly key: string
  readonly change: Change
  readonly answer: Answer
  /** Only the opt-out of the row goes; the row itself is a reject, for this reason. */
  readonly refused?: string
  /** Of its fields as JSON. @default not known */
  readonly bytes?: number
  /** The line of its answer where the destination took it, without making JSON again. @default there is none yet */
  acceptedLine?(sentAt: string): string
}

export type LineWriter = {
  /** A promise only where the disk has to be waited for. */
  readonly write: (line: string) => Promise<void> | undefined
  readonly close: () => Promise<void>
  readonly lines: () => number
}

/** @throws MillraceError MR-2004, MR-2008, as everything that writes here */
export async function makeSpool(directory: string): Promise<void> {
  await writingIn(directory, () => mkdir(directory, ownFolder(directory)))
}

/** `words`: what is told where it cannot be written. */
export async function openLines(path: string, words: SpoolWords = toBeSent): Promise<LineWriter> {
  const writing = <T>(work: () => Promise<T>) => inSpool({ ...words, directory: dirname(path) }, work)
  const file = await writing(() => open(path, 'w'))
  let lines = 0
  let waiting = ''
  const flush = async () => {
    const text = waiting
    waiting = ''
    if (text !== '') await writing(() => file.appendFile(text))
  }
  return {
    write(line) {
      lines++
      waiting += line
      waiting += '\n'
      return waiting.length >= bufferLength ? flush() : undefined
    },
    async close() {
      try {
        await flush()
      } finally {
        await file.close()
      }
    },
    lines: () => lines,
  }
}

/**
 * A change, and its answer for the case that the destination takes it, a tab between them, which JSON never holds: that
 * answer goes to the journal as it stands. What only another answer tells (`counted`) is with the change. The first
 * character says whether parsing might lose digits.
 */
export function changeLine({ key, change, answer, refused }: SpooledChange): string {
  const { fields, ...rest } = change
  const fieldsJson = JSON.stringify(fields)
  const { op, state, hash, values, message, value, attempts, refusals, unanswered } = answer
  const isFirst = refused === undefined && value === hash && attempts === 1 && refusals === 1 && !unanswered
  const counted = isFirst ? undefined : { status: answer.status, value, attempts, refusals, unanswered }
  const head = JSON.stringify({ key, refused, bytes: Buffer.byteLength(fieldsJson), counted })
  const flag = hasOnlyPlainCells(fields) && (change.previous === null || hasOnlyPlainCells(change.previous)) ? '=' : '~'
  const taken = {
    key,
    op,
    status: 'delivered',
    state,
    hash,
    values,
    fields: answer.fields,
    message: message ?? undefined,
  }
  return `${flag}${head.slice(0, -1)},"change":{"fields":${fieldsJson},${JSON.stringify(rest).slice(1)}}\t${JSON.stringify(taken)}`
}

/** At most `limit` changes, from the first on, as many at a time as stand in a piece of the file. */
export async function* readChanges(path: string, limit: number): AsyncIterable<readonly SpooledChange[]> {
  for await (const lines of readLines(path, limit)) yield lines.map((line) => new ReadChange(line))
}

/** A class, since there are millions of them: their methods are made once. */
class ReadChange implements SpooledChange {
  readonly key: string
  readonly change: Change
  readonly bytes: number
  readonly refused?: string
  readonly #counted: Partial<Answer> | undefined
  readonly #taken: string

  constructor(line: string) {
    const tab = line.indexOf('\t')
    const head = line.slice(1, tab)
    const parsed: unknown = line.startsWith('=') ? JSON.parse(head) : parseExact(head)
    const { key, change, bytes, refused, counted } = parsed as Spooled // what changeLine wrote
    this.key = key
    this.change = change
    this.bytes = bytes
    if (refused !== undefined) this.refused = refused
    this.#counted = counted
    this.#taken = line.slice(tab + 1)
  }

  get answer(): Answer {
    const taken = JSON.parse(this.#taken) as Answer // what changeLine wrote
    return { ...emptyAnswer, ...taken, ...(this.#counted ?? { value: taken.hash, refusals: 1 }) }
  }

  acceptedLine(sentAt: string): string {
    return `${this.#taken.slice(0, -1)},"sent_at":"${sentAt}"}`
  }
}

type Spooled = Omit<SpooledChange, 'answer' | 'acceptedLine' | 'bytes'> & {
  readonly bytes: number
  readonly counted?: Partial<Answer>
}

/** Numbers among them are JavaScript's own, and say the same digits after any parsing. */
function hasOnlyPlainCells(fields: Fields): boolean {
  for (const name in fields) {
    const cell = fields[name]
    if (typeof cell === 'object' && cell !== null) return false
  }
  return true
}

/** The first lines of a file, in another one: what a guard lets through. */
export function copyFirstLines(path: string, rows: number, into: string): Promise<string> {
  return writingIn(dirname(into), async () => {
    const out = await open(into, 'w')
    try {
      for await (const lines of readLines(path, rows)) await out.appendFile(`${lines.join('\n')}\n`)
    } finally {
      await out.close()
    }
    return into
  })
}

const writingIn = <T>(directory: string, work: () => Promise<T>): Promise<T> =>
  inSpool({ ...toBeSent, directory }, work)

type SpoolWords = Omit<SpoolWork, 'directory'>

const toBeSent: SpoolWords = {
  doing: 'writing down what is to be sent',
  kept: 'What was committed before is there; of this nothing was sent.',
}

/**
 * As many at a time as stand in a piece of the file; at most `limit`. Cut at \n and nowhere else: `node:readline` also cuts
 * at U+2028 and U+2029, which stand bare in JSON and in people's names.
 */
export async function* readLines(path: string, limit = Infinity): AsyncIterable<readonly string[]> {
  let wanted = limit
  let rest: Buffer = Buffer.alloc(0)
  if (limit <= 0) return
  const pieces: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: pieceLength })
  for await (const piece of pieces) {
    const read = rest.length === 0 ? piece : Buffer.concat([rest, piece])
    const end = read.lastIndexOf(newline)
    rest = read.subarray(end + 1)
    if (end === -1) continue
    const whole = read.subarray(0, end)
    // Most are, and are copied then, where UTF-8 is decoded.
    const lines = whole.toString(isAscii(whole) ? 'latin1' : 'utf8').split('\n')
    yield lines.length > wanted ? lines.slice(0, wanted) : lines
    wanted -= lines.length
    if (wanted <= 0) return
  }
}

const bufferLength = 1 << 20
/** A text of more than 128 KB is a large object to V8, which only its slow collections free. */
const pieceLength = 120 << 10
const newline = 0x0a
