import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { MillraceError, z, type Scan, type ScanItem } from 'millrace'
import { sampleAttributeNames } from './attribute-names.ts'
import { readCsv } from './csv.ts'
import { fetchExport, startExport, waitForExport, type Exporting } from './people-export.ts'
import { openLines, standard, type LineWriter } from './person-line.ts'
import { readPosition, type ExportPosition } from './position.ts'

export const peopleOptions = z.strictObject({
  attributes: z
    .array(z.string().min(1).max(150))
    .max(300)
    .optional()
    .meta({ description: 'The attributes that `attributes` holds. Default: those that the first 500 people have' }),
})

/** Everybody by one export, a checkpoint every so many rows of its file. A killed scan goes on with the same export. */
export async function* readPeopleStream(exporting: Exporting, scan: Scan): AsyncGenerator<ScanItem> {
  const kept = readPosition(scan.resume)
  if (kept?.phase === 'done') return
  let position = kept?.phase === 'export' && isFresh(kept) ? kept : null
  for (;;) {
    const isOld = position !== null
    if (!position) {
      const attributes = await findAttributes(exporting, scan)
      const started_at = new Date().toISOString()
      position = { phase: 'export', id: await startExport(exporting, attributes), started_at, rows: 0 }
      yield { kind: 'checkpoint', resume: position }
    }
    const { id } = position
    const finished = await waitForExport(exporting, id)
    if (finished.kind === 'done') {
      const path = exporting.host.spoolPath(`customerio-export-${id}.csv`)
      try {
        if (await fetchExport(exporting, id, path)) {
          yield* readFile(exporting, { path, total: finished.total, position, scan })
          return
        }
      } finally {
        await rm(path, { force: true })
      }
    }
    // One of an earlier run is made anew; of a fresh one it is the vendor's failure.
    if (!isOld) throw failed(id)
    position = null
  }
}

async function findAttributes({ app, host, signal }: Exporting, scan: Scan): Promise<readonly string[]> {
  const base = [...standard]
  if (scan.fields.length > 0 && !scan.fields.includes('attributes')) return base
  const { attributes } = peopleOptions.parse(scan.options)
  if (attributes) return [...new Set([...base, ...attributes])]
  const { names, isComplete } = await sampleAttributeNames(app, signal)
  if (!isComplete)
    host.warn(
      `people: an export holds the attributes that are asked for by name. Asked for the ${names.length} that the first 500 people have; name all of them in the stream's options.attributes.`,
    )
  return [...base, ...names]
}

type File = {
  readonly path: string
  readonly total: number
  readonly position: ExportPosition
  readonly scan: Scan
}

async function* readFile({ host }: Exporting, { path, total, position, scan }: File): AsyncGenerator<ScanItem> {
  const readAt = new Date(position.started_at)
  let rows = 0
  let left = scan.limit ?? Infinity
  for await (const lines of chunksOf(readCsv(createReadStream(path, { highWaterMark: chunkBytes })), position.rows)) {
    const own = lines.slice(0, left)
    left -= own.length
    rows = Math.max(rows, position.rows) + lines.length
    const chunk = host.spoolPath('customerio-people.ndjson')
    await write(chunk, own)
    if (own.length > 0) yield { kind: 'file', format: 'ndjson', path: chunk, rows: own.length, readAt }
    if (left <= 0) return
    yield { kind: 'checkpoint', resume: { ...position, rows } }
  }
  // Whoever is missing would be taken for deleted.
  if (Math.max(rows, position.rows) < total) throw cut(position.id, Math.max(rows, position.rows), total)
}

/** Lines of so many people at a time, without the first `skip`. */
async function* chunksOf(records: AsyncIterable<readonly string[]>, skip: number): AsyncGenerator<readonly string[]> {
  let write: LineWriter | null = null
  let seen = 0
  let lines: string[] = []
  let chars = 0
  for await (const cells of records) {
    if (!write) {
      write = openLines(cells)
      continue
    }
    if (seen++ < skip) continue
    const line = write(cells)
    lines.push(line)
    chars += line.length
    if (lines.length < chunkRows && chars < chunkChars) continue
    yield lines
    lines = []
    chars = 0
  }
  if (!write) throw new MillraceError('MR-3005', { message: 'Customer.io exported a file without a header line.' })
  if (lines.length > 0) yield lines
}

async function write(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(lines.join(''))
  } finally {
    await file.close()
  }
}

/** An old export tells of people as they were: it is made anew. */
const isFresh = ({ started_at }: ExportPosition) => Date.now() - Date.parse(started_at) < freshMs

const failed = (id: number) =>
  new MillraceError('MR-3003', {
    message: `Reading people: Customer.io could not make export ${id}.`,
    kept: 'What was committed stays.',
    next: 'Run again: another export is made.',
  })

const cut = (id: number, rows: number, total: number) =>
  new MillraceError('MR-3005', {
    message: `Reading people: the file of export ${id} has ${rows} rows, Customer.io says ${total}.`,
    kept: 'Nobody is taken for deleted; the rows that came are loaded.',
    next: 'Run again.',
  })

const freshMs = 24 * 3_600_000
const chunkRows = 20_000
const chunkChars = 16 * 1024 * 1024
const chunkBytes = 256 * 1024
