import { readFileSync } from 'node:fs'
import type { JsonObject, Scan, ScanItem } from 'millrace'
import { sandboxCredentials } from '../../../connectors/customerio/sandbox/credentials.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { parseLines } from '../parse-lines.ts'
import { openCustomerio, type OpenedCustomerio } from './open-customerio.ts'

/** The connector as a source, on a simulator of its own. */
export type OpenedSource = OpenedCustomerio & {
  readonly items: (name: string, more?: Partial<Scan>) => AsyncIterable<ScanItem>
  readonly read: (name: string, more?: Partial<Scan>) => Promise<readonly ReadItem[]>
  readonly rows: (name: string, more?: Partial<Scan>) => Promise<readonly JsonObject[]>
}

/** As it came: files are read at once. */
export type ReadItem = { readonly item: ScanItem; readonly rows: readonly JsonObject[] }

export async function openSource(keys: JsonObject = {}, attempts = 3): Promise<OpenedSource> {
  const source = await openCustomerio({
    keys: { app_api_key: sandboxCredentials.appKey, poll_interval_ms: 5, page_rows: 20, ...keys },
    retry: { attempts, malformedAttempts: 1 },
  })
  async function* items(name: string, more?: Partial<Scan>): AsyncGenerator<ScanItem> {
    const stream = await source.stream(name)
    yield* stream.read(await source.scanOf(more), source.host.context(source.signal))
  }
  const read = async (name: string, more?: Partial<Scan>) => {
    const all: ReadItem[] = []
    for await (const item of items(name, more)) all.push({ item, rows: rowsOf(item) })
    return all
  }
  return {
    ...source,
    items,
    read,
    rows: async (name, more) => (await read(name, more)).flatMap(({ rows }) => rows),
  }
}

export function rowsOf(item: ScanItem): readonly JsonObject[] {
  if (item.kind === 'lines') return parseLines(item.lines)
  return item.kind === 'file' ? parseLines(readFileSync(item.path)) : []
}

export const pathsOf = (requests: readonly JournalEntry[]): readonly string[] =>
  requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)
