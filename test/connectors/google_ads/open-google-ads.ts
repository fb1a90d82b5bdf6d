import type { JsonObject, Scan, ScanItem } from 'millrace'
import googleAds from '../../../connectors/google_ads/index.ts'
import simulator from '../../../connectors/google_ads/sandbox.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'
import { parseLines } from '../parse-lines.ts'

export type OpenedAds = OnSimulator & {
  readonly read: (name: string, more?: Partial<Scan>) => Promise<readonly ScanItem[]>
}

export async function openAds(keys: JsonObject = {}): Promise<OpenedAds> {
  const ads = await openConnector({ connector: googleAds, simulator, keys: { rate_per_second: 1000, ...keys } })
  const { stream, scanOf, host, signal } = ads
  return {
    ...ads,
    read: async (name, more) => Array.fromAsync((await stream(name)).read(await scanOf(more), host.context(signal))),
  }
}

export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item) => (item.kind === 'lines' ? parseLines(item.lines) : []))

export const queriesOf = (requests: readonly JournalEntry[]): readonly string[] =>
  requests.flatMap(({ body }) => {
    const found = /"query":"((?:\\.|[^"\\])*)"/.exec(body ?? '')?.[1]
    return found === undefined ? [] : [found]
  })
