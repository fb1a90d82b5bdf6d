import { readFileSync } from 'node:fs'
import type { JsonObject, Scan, ScanItem } from 'millrace'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

/** The connector as a source, on a simulator of its own. */
export type OpenedSource = OpenedCustomerio & {
  readonly scanOf: (more?: Partial<Scan>) => Promise<Scan>
  readonly items: (name: string, more?: Partial<Scan>) => AsyncIterable<ScanItem>
  readonly read: (name: string, more?: Partial<Scan>) => Promise<readonly ReadItem[]>
  readonly rows: (name: string, more?: Partial<Scan>) => Promise<readonly JsonObject[]>
  /** The requests since the last asking. */
  readonly fresh: () => Promise<readonly JournalEntry[]>
}

/** As it came: files are read at once. */
export type ReadItem = { readonly item: ScanItem; readonly rows: readonly JsonObject[] }

export async function openSource(keys: JsonObject = {}, attempts = 3): Promise<OpenedSource> {
  const opened = await openCustomerio({
    keys: { app_api_key: sandboxCredentials.appKey, poll_interval_ms: 5, page_rows: 20, ...keys },
    retry: { attempts, malformedAttempts: 1 },
  })
  const { sandbox, host } = opened
  const signal = new AbortController().signal
  let since = 0
  const scanOf = async (more: Partial<Scan> = {}): Promise<Scan> => ({
    id: 'scan',
    from: null,
    to: (await sandbox.now()).toISOString(),
    resume: null,
    full: more.from === undefined,
    start: null,
    fields: [],
    where: null,
    options: {},
    children: [],
    limit: null,
    ...more,
  })
  async function* items(name: string, more?: Partial<Scan>): AsyncGenerator<ScanItem> {
    const [stream] = (await opened.opened.streams?.({ names: [name], signal })) ?? []
    if (!stream) throw new Error(`no stream ${name}`)
    yield* stream.read(await scanOf(more), host.context(signal))
  }
  const read = async (name: string, more?: Partial<Scan>) => {
    const all: ReadItem[] = []
    for await (const item of items(name, more)) all.push({ item, rows: rowsOf(item) })
    return all
  }
  return {
    ...opened,
    scanOf,
    items,
    read,
    rows: async (name, more) => (await read(name, more)).flatMap(({ rows }) => rows),
    fresh: async () => {
      const entries = await sandbox.journal('customerio', { since })
      since = entries.at(-1)?.sequence ?? since
      return entries
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  }
}

export function rowsOf(item: ScanItem): readonly JsonObject[] {
  if (item.kind !== 'lines' && item.kind !== 'file') return []
  const bytes = item.kind === 'lines' ? Buffer.from(item.lines) : readFileSync(item.path)
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): JsonObject => JSON.parse(line) as JsonObject) // one object a line, by the contract
}

export const pathsOf = (requests: readonly JournalEntry[]): readonly string[] =>
  requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)
