/**
 * A made-up vendor in memory: people with stamps, soft and hard deletes, items inside them, pages. Its clock stands still
 * but for `pass`, so that many rows share a stamp.
 */
import type { OpenedConnector, Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import type { LogicalType } from '../../src/model/logical-type.ts'

export type Person = {
  readonly id: number
  readonly at: number
  readonly deleted: boolean
  readonly items: readonly string[]
} & {
  readonly [field: string]: unknown
}

export type Vendor = {
  readonly people: Map<number, Person>
  readonly put: (id: number, fields?: { readonly [field: string]: unknown }) => void
  /** Marks it as deleted; it stays listed. */
  readonly softDelete: (id: number) => void
  /** It is not listed any more. */
  readonly hardDelete: (id: number) => void
  readonly pass: (ms?: number) => void
  readonly setClock: (ms: number) => void
  readonly now: () => Date
  readonly connector: OpenedConnector
  /** How many people pages were asked for since the beginning. */
  readonly pagesRead: () => number
  readonly scans: Scan[]
  /** Called before a page is answered; may throw, edit, or give other rows in place of the page's. */
  onPage: (page: number) => Promise<void> | void
  /** What the page says of a row. */
  show: (person: Person) => { readonly [field: string]: unknown }
  countError: number
}

export type VendorOptions = {
  readonly pageRows?: number
  /** @default our clock */
  readonly readAt: () => Date
  readonly columns?: { readonly [field: string]: LogicalType }
  readonly people?: Partial<Stream>
  readonly withoutChildren?: boolean
}

export const personColumns = { id: 'integer', name: 'string', updated_at: 'timestamp', deleted: 'boolean' } as const

export function createVendor(options: VendorOptions): Vendor {
  const people = new Map<number, Person>()
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  let pages = 0
  const stored = (id: number, fields: object): Person => ({
    id,
    name: 'nobody',
    deleted: false,
    items: [],
    ...people.get(id),
    ...fields,
    at: now,
  })
  const window = ({ from, to }: Scan) =>
    [...people.values()]
      .filter(({ at }) => at >= (from === null ? 0 : Date.parse(from)) && at < Date.parse(to))
      .sort((a, b) => a.at - b.at || a.id - b.id)

  async function* readPeople(scan: Scan): AsyncGenerator<ScanItem> {
    vendor.scans.push(scan)
    let after = typeof scan.resume === 'string' ? scan.resume : ''
    let left = scan.limit ?? Number.POSITIVE_INFINITY
    for (;;) {
      const readAt = options.readAt()
      await vendor.onPage(++pages)
      const page = window(scan)
        .filter((person) => place(person) > after)
        .slice(0, Math.min(options.pageRows ?? 3, left))
      const last = page.at(-1)
      if (!last) return
      yield { kind: 'records', readAt, records: page.map((person) => vendor.show(person)) }
      if (!options.withoutChildren)
        yield {
          kind: 'records',
          readAt,
          child: { stream: 'items', parents: page.map(({ id }) => String(id)) },
          records: page.flatMap(({ id, items }) => items.map((item) => ({ id: `${id}-${item}`, person: id, item }))),
        }
      after = place(last)
      left -= page.length
      if (left <= 0) return
      yield { kind: 'checkpoint', resume: after }
    }
  }

  const stream: Stream = {
    name: 'people',
    lagMs: 0,
    overlapMs: 0,
    docs: 'https://docs.example.com/people',
    key: ['id'],
    columns: { ...personColumns, ...options.columns },
    order: 'cursor',
    version: 'updated_at',
    enumerates: true,
    takesWhere: true,
    deletedWhen: { column: 'deleted', is: 'true' },
    read: readPeople,
    count: (scan) => Promise.resolve(window(scan).length + vendor.countError),
    children: options.withoutChildren
      ? []
      : [
          {
            name: 'items',
            docs: 'https://docs.example.com/items',
            key: ['id'],
            parent: 'person',
            columns: { id: 'string', person: 'integer', item: 'string' },
          },
        ],
    ...options.people,
  }
  const vendor: Vendor = {
    people,
    put: (id, fields = {}) => people.set(id, stored(id, fields)),
    softDelete: (id) => people.set(id, stored(id, { deleted: true })),
    hardDelete: (id) => people.delete(id),
    pass(ms = 1000) {
      now += ms
    },
    setClock(ms) {
      now = ms
    },
    now: () => new Date(now),
    pagesRead: () => pages,
    scans: [],
    onPage: () => undefined,
    show: ({ at, items: _items, ...person }) => ({ ...person, updated_at: new Date(at).toISOString() }),
    countError: 0,
    connector: {
      check: () => Promise.resolve(),
      account: () => Promise.resolve('acct'),
      now: () => Promise.resolve(new Date(now)),
      streamNames: () => Promise.resolve(options.withoutChildren ? ['people'] : ['people', 'items']),
      streams: () => Promise.resolve([stream]),
    },
  }
  return vendor
}

/** Sorts by stamp, then id. */
const place = ({ at, id }: Person) => `${String(at).padStart(15, '0')} ${String(id).padStart(6, '0')}`
