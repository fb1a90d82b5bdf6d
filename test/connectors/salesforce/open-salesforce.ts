import { readFileSync } from 'node:fs'
import type { Change, DestinationObject, JsonObject, Scan, ScanItem, Stream, WriteResult } from 'millrace'
import { parseCsv } from '../../../connectors/salesforce/csv.ts'
import salesforce from '../../../connectors/salesforce/index.ts'
import simulator from '../../../connectors/salesforce/sandbox.ts'
import { openConnector, type OnSimulator, type OpenOptions } from '../open-connector.ts'
import { parseLines } from '../parse-lines.ts'

export type OpenedSalesforce = Omit<OnSimulator, 'scanOf'> & {
  readonly write: (
    object: DestinationObject,
    match: string,
    changes: readonly Change[],
  ) => Promise<readonly WriteResult[]>
  /** A scan of everything, to a second after the sandbox's now. */
  readonly scanOf: (stream: Stream, more?: Partial<Scan>) => Promise<Scan>
  readonly read: (stream: Stream, scan: Scan) => Promise<readonly ScanItem[]>
}

export async function openSalesforce(options: OpenOptions = {}): Promise<OpenedSalesforce> {
  const org = await openConnector({ connector: salesforce, simulator, ...options })
  return {
    ...org,
    write: (object, match, changes) => object.write(changes, org.writeContext(match)),
    scanOf: async ({ columns }, more) => {
      const to = new Date((await org.sandbox.now()).getTime() + 1000).toISOString()
      return org.scanOf({ to, full: true, fields: Object.keys(columns), ...more })
    },
    read: (stream, scan) => Array.fromAsync(stream.read(scan, org.host.context(org.signal))),
  }
}

/** The rows of a read, in the order they came; those of a query job's pages are all text. Inexact numbers are text, as `cutPage` quotes them. */
export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item) =>
    item.kind === 'lines' ? parseLines(item.lines) : item.kind === 'file' ? parseFile(item.path) : [],
  )

function parseFile(path: string): readonly JsonObject[] {
  const [header = [], ...records] = parseCsv(readFileSync(path, 'utf8'))
  return records.map((cells) =>
    Object.fromEntries(header.map((name, index): [string, string | null] => [name, cells[index] || null])),
  )
}

export const changeOf = (op: Change['op'], key: string, fields: Change['fields']): Change => ({
  op,
  key,
  fields,
  previous: null,
  idempotencyKey: `${op} ${key}`,
})
