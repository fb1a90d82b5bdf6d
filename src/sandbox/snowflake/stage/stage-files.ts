/**
 * Files on stages. A PUT brings them into an inbox of its own, because the SDK copies them there itself, piece by piece;
 * what has arrived whole moves to the stage when the stage is next looked at. A file that was cut on its way is never
 * seen, as an upload that was broken off leaves nothing at the vendor.
 */
import { createHash } from 'node:crypto'
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Service } from '../service.ts'
import type { Stage } from './stage-directory.ts'

export type StageFile = {
  /** From the stage's root. */
  readonly name: string
  readonly path: string
  readonly size: number
  readonly md5: string
  readonly modifiedAt: Date
}

export type Inbox = {
  readonly directory: string
  /** The stage's directory, and the path on it. */
  readonly to: string
  readonly path: string
  readonly overwrite: boolean
  readonly compressed: boolean
  /** The sizes of the files that are to come, by name. */
  readonly sizes: { readonly [name: string]: number }
}

export function openInbox(service: Service, id: string, inbox: Omit<Inbox, 'directory'>): string {
  const directory = join(inboxes(service), id)
  mkdirSync(directory, { recursive: true })
  writeFileSync(`${directory}.json`, JSON.stringify({ ...inbox, directory }))
  return directory
}

/** The files whose name begins so, by name. */
export async function listFiles(service: Service, stage: Stage, prefix: string): Promise<readonly StageFile[]> {
  await admitAll(service)
  if (!existsSync(stage.directory)) return []
  const files = readdirSync(stage.directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(md5Suffix))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path, name: path.slice(stage.directory.length + 1) }))
    .filter(({ name }) => name.startsWith(prefix))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
  return Promise.all(
    files.map(async ({ path, name }) => {
      const { size, mtime } = statSync(path)
      return { name, path, size, md5: await md5Of(path), modifiedAt: mtime }
    }),
  )
}

export function removeFile(file: StageFile): void {
  rmSync(file.path, { force: true })
  rmSync(file.path + md5Suffix, { force: true })
}

const inboxes = (service: Service) => join(service.directory, 'stages', 'inbox')

/** What has come to a stage that is gone now. */
export function forgetInboxes(service: Service, directory: string): void {
  for (const note of notesOf(inboxes(service))) {
    const inbox = JSON.parse(readFileSync(note, 'utf8')) as Inbox // we wrote it
    if (inbox.to !== directory) continue
    rmSync(inbox.directory, { recursive: true, force: true })
    rmSync(note, { force: true })
  }
}

const notesOf = (root: string): readonly string[] =>
  existsSync(root)
    ? readdirSync(root)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(root, name))
    : []

/** One at a time: two that look at a stage at once would both move its files. */
let admitting: Promise<unknown> = Promise.resolve()

function admitAll(service: Service): Promise<void> {
  const mine = admitting.then(() => admitInbox(inboxes(service)))
  admitting = mine.catch(() => null) // told to whoever asked
  return mine
}

async function admitInbox(root: string): Promise<void> {
  const byAge = [...notesOf(root)].sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs)
  for (const note of byAge) await admit(note, JSON.parse(readFileSync(note, 'utf8')) as Inbox) // we wrote it
}

async function admit(note: string, inbox: Inbox): Promise<void> {
  const arrived = existsSync(inbox.directory) ? readdirSync(inbox.directory) : []
  let admitted = 0
  for (const name of arrived) {
    const from = join(inbox.directory, name)
    if (!(await isWhole(from, inbox))) continue
    admitted++
    const to = join(inbox.to, inbox.path, name)
    // https://docs.snowflake.com/en/sql-reference/sql/put: without OVERWRITE a file of the same name stays.
    if (!inbox.overwrite && existsSync(to)) {
      rmSync(from)
      continue
    }
    mkdirSync(dirname(to), { recursive: true })
    rmSync(to + md5Suffix, { force: true })
    renameSync(from, to)
  }
  if (admitted < Math.max(1, Object.keys(inbox.sizes).length) || admitted < arrived.length) return
  rmSync(inbox.directory, { recursive: true, force: true })
  rmSync(note, { force: true })
}

/** As long as its source; one that the SDK packed is whole if it can be unpacked. */
async function isWhole(path: string, { sizes, compressed }: Inbox): Promise<boolean> {
  const name = basename(path)
  const size = sizes[name]
  if (size !== undefined) return statSync(path).size === size
  if (!compressed || !name.endsWith('.gz')) return true
  let bytes = 0
  const counted = async (unpacked: AsyncIterable<Buffer>) => {
    for await (const piece of unpacked) bytes += piece.length
  }
  const whole = await pipeline(createReadStream(path), createGunzip(), counted).then(
    () => true,
    () => false,
  )
  return whole && (sizes[name.slice(0, -3)] === undefined || sizes[name.slice(0, -3)] === bytes)
}

/** Kept beside the file: LIST and COPY ask for it again and again. */
async function md5Of(path: string): Promise<string> {
  const kept = path + md5Suffix
  if (existsSync(kept)) return readFileSync(kept, 'utf8')
  const hash = createHash('md5')
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer) // no encoding is set
  const md5 = hash.digest('hex')
  writeFileSync(kept, md5)
  return md5
}

const md5Suffix = '.~md5'
