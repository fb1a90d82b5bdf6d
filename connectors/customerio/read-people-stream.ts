import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { MillraceError, z, type Scan, type ScanItem } from 'millrace'
import { noNames, sampleAttributeNames } from './attribute-names.ts'
import { readCsv } from './csv.ts'
import { fetchExport, startExport, waitForExport, type Exporting } from './people-export.ts'
import { openLines, standard } from './person-line.ts'
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
    let foundNobody = false
    if (!position) {
      const asked = await findAttributes(exporting, scan)
      foundNobody = asked.foundNobody
      const started_at = new Date().toISOString()
      position = { phase: 'export', id: await startExport(exporting, asked.names), started_at, rows: 0 }
      if (!foundNobody) yield { kind: 'checkpoint', resume: position }
    }
    const { id } = position
    const finished = await waitForExport(exporting, id)
    if (finished.kind === 'done') {
      // Nobody was there to ask about, and somebody is: the attributes of all would be emptied.
      if (foundNobody && finished.total > 0) throw noNames(0)
      const path = exporting.host.spoolPath(`customerio-export-${id}.csv`)
      try {
        if (await fetchExport(exporting, id, path)) {
          const unusable = yield* tryFile(exporting, { path, total: finished.total, position, scan })
          if (!unusable) return
          if (!isOld) throw unusable
          exporting.host.warn(`${unusable.message} Another export is made.`)
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

/** `foundNobody`: the sample had nobody in it, so nothing is known of attributes. */
type Asked = { readonly names: readonly string[]; readonly foundNobody: boolean }

async function findAttributes({ app, host, signal }: Exporting, scan: Scan): Promise<Asked> {
  const base = [...standard]
  if (scan.fields.length > 0 && !scan.fields.includes('attributes')) return { names: base, foundNobody: false }
  const { attributes } = peopleOptions.parse(scan.options)
  if (attributes) return { names: [...new Set([...base, ...attributes])], foundNobody: false }
  const { names, people, isComplete } = await sampleAttributeNames(app, signal)
  if (!isComplete)
    host.warn(
      `people: an export holds the attributes that are asked for by name. Asked for the ${names.length} that the first ${people} people have; name all of them in the stream's options.attributes.`,
    )
  return { names: [...base, ...names], foundNobody: people === 0 }
}

type File = {
  readonly path: string
  readonly total: number
  readonly position: ExportPosition
  readonly scan: Scan
}

/** What is wrong with the file; undefined: it is read to its end. What came of it is loaded. */
async function* tryFile(exporting: Exporting, file: File): AsyncGenerator<ScanItem, MillraceError | undefined> {
  try {
    yield* readFile(exporting, file)
    return undefined
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MR-3005') return error
    throw error
  }
}

async function* readFile({ host }: Exporting, { path, total, position, scan }: File): AsyncGenerator<ScanItem> {
  const readAt = new Date(position.started_at)
  const limit = scan.limit ?? Infinity
  const records = readCsv(createReadStream(path, { highWaterMark: chunkBytes }))
  const header = await records.next()
  if (header.done) throw new MillraceError('MR-3005', { message: 'Customer.io exported a file without a header line.' })
  const toLine = openLines(header.value)
  let rows = 0
  let written = 0
  let spool: Spool | null = null
  try {
    for await (const cells of records) {
      if (rows++ < position.rows) continue
      const line = toLine(cells)
      spool ??= await openSpool(host.spoolPath('customerio-people.ndjson'))
      await spool.add(line)
      written++
      if (spool.rows() < chunkRows && written < limit) continue
      yield { kind: 'file', format: 'ndjson', path: spool.path, rows: await spool.close(), readAt }
      spool = null
      if (written >= limit) return
      yield { kind: 'checkpoint', resume: { ...position, rows } }
    }
    if (spool) {
      yield { kind: 'file', format: 'ndjson', path: spool.path, rows: await spool.close(), readAt }
      yield { kind: 'checkpoint', resume: { ...position, rows } }
    }
  } finally {
    await spool?.close()
  }
  // Whoever is missing would be taken for deleted.
  if (rows < total) throw cut(position.id, rows, total)
}

type Spool = Awaited<ReturnType<typeof openSpool>>

/** A file that grows by pieces, so that its rows are never all in memory. */
async function openSpool(path: string) {
  const file = await open(path, 'w')
  let pieces = ''
  let rows = 0
  let isOpen = true
  const flush = async () => {
    await file.writeFile(pieces)
    pieces = ''
  }
  return {
    path,
    rows: () => rows,
    async add(line: string): Promise<void> {
      pieces += line
      rows++
      if (pieces.length >= chunkBytes) await flush()
    },
    /** How many rows it has. */
    async close(): Promise<number> {
      if (!isOpen) return rows
      isOpen = false
      try {
        await flush()
      } finally {
        await file.close()
      }
      return rows
    },
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
    next: 'Run again: where the file stays so, another export is made.',
  })

const freshMs = 24 * 3_600_000
const chunkRows = 20_000
const chunkBytes = 256 * 1024
