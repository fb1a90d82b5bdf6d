import type { JsonObject, Scan, ScanItem } from 'millrace'
import facebookAds from '../../../connectors/facebook_ads/index.ts'
import simulator from '../../../connectors/facebook_ads/sandbox.ts'
import type { JournalEntry } from '../../../src/sandbox/journal.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'
import { parseLines } from '../parse-lines.ts'

export type OpenedFacebook = Omit<OnSimulator, 'requests'> & {
  /** A full pass up to the sandbox's now, unless said. */
  readonly read: (name: string, scan?: Partial<Scan>) => Promise<readonly ScanItem[]>
  readonly items: (name: string, scan?: Partial<Scan>) => AsyncGenerator<ScanItem>
  /** Method, path without the version, and the query or body without credentials; since the last asking. */
  readonly requests: () => Promise<readonly string[]>
}

/** All that the token may see, unless said. */
export async function openFacebook(keys: { readonly [key: string]: unknown } = {}): Promise<OpenedFacebook> {
  const vendor = await openConnector({
    connector: facebookAds,
    simulator,
    keys: { account_ids: undefined, ...keys },
  })
  const items: OpenedFacebook['items'] = async function* (name, more = {}) {
    const found = await vendor.stream(name)
    const fields = Object.keys(found.columns).filter((field) => found.loads?.(field, more.options ?? {}) !== false)
    yield* found.read(await vendor.scanOf({ full: true, fields, ...more }), vendor.host.context(vendor.signal))
  }
  return {
    ...vendor,
    items,
    read: (name, more) => Array.fromAsync(items(name, more)),
    requests: async () => (await vendor.requests()).map(describeRequest),
  }
}

function describeRequest({ method, path, body }: JournalEntry): string {
  const url = new URL(path, 'http://sandbox')
  for (const name of ['access_token', 'appsecret_proof', 'fields']) url.searchParams.delete(name)
  const query = decodeURIComponent(url.search)
  return `${method} ${url.pathname.replace(/^\/v\d+\.\d+/, '')}${query}${body === null ? '' : ` ${body}`}`
}

/** All rows of the items, in their order. */
export const rowsOf = (items: readonly ScanItem[]): readonly JsonObject[] =>
  items.flatMap((item): readonly JsonObject[] => {
    if (item.kind === 'records') return JSON.parse(JSON.stringify(item.records))
    return item.kind === 'lines' ? parseLines(item.lines) : []
  })
