/** Rows inside others: what the kit refuses of a connector that loses them. */
import { sourceKit } from 'millrace/testing'
import { expect, it } from 'vitest'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import type { Connector, ScanItem } from '../../../src/connector/contract.ts'
import type { StreamOptions } from '../../../src/connector/kits/source-cases.ts'
import { collectCases } from './collect-cases.ts'

type Line = { readonly kind: 'lines' } & ScanItem

const linesInside = { children: { invoice_line_items: 'lines' } }

const casesOf = (
  connector: Connector,
  heldAs: NonNullable<StreamOptions['heldAs']> = linesInside,
  vendor: typeof simulator = simulator,
) =>
  collectCases((runner) =>
    sourceKit({
      ...runner,
      connector,
      simulator: vendor,
      keys: { rate_per_second: 1000, rate_per_endpoint: 1000 },
      streams: [{ name: 'invoices', heldAs }],
    }),
  )

/** Each batch of lines as it is made of it; undefined: it does not come. */
const withLines = (change: (item: Line) => ScanItem | undefined): Connector => ({
  ...stripe,
  async open(context) {
    const opened = await stripe.open(context)
    return {
      ...opened,
      streams: async (request) =>
        ((await opened.streams?.(request)) ?? []).map((stream) => ({
          ...stream,
          async *read(scan, reading) {
            for await (const item of stream.read(scan, reading)) {
              const made = item.kind === 'lines' && item.child ? change(item) : item
              if (made) yield made
            }
          },
        })),
    }
  },
})

const textOf = ({ lines }: Line) => Buffer.from(lines).toString().trimEnd().split('\n')
const withText = (item: Line, lines: readonly string[]): ScanItem => ({
  ...item,
  lines: Buffer.from(lines.map((line) => `${line}\n`).join('')),
  rows: lines.length,
})
/** Of those that are told only. */
const toldOf = (item: Line): ReadonlySet<string> =>
  new Set(textOf(item).flatMap((line) => /"invoice":"([^"]+)"/.exec(line)?.[1] ?? []))

it.each<[string, (item: Line) => ScanItem | undefined, string]>([
  ['the first line of each batch left out', (item) => withText(item, textOf(item).slice(1)), 'every row inside others'],
  ['no line at all', (item) => withText(item, []), 'every row inside others'],
  ['no batch of lines', () => undefined, 'what is inside it'],
  [
    'invoices without a line that are not named',
    (item) => ({ ...item, child: { stream: 'invoice_line_items', parents: [...toldOf(item)].slice(1) } }),
    'what is inside it',
  ],
])('the kit notices %s', async (_, change, title) => {
  const broken = casesOf(withLines(change)).named(title)
  expect(broken).toBeDefined()
  await expect(broken?.()).rejects.toThrow('invoice_line_items')
  const sound = casesOf(stripe)
  await sound.named(title)?.()
  expect(sound.skipped).toEqual([])
})

it('a kit that is not told where the lines are held says that it did not try them', async () => {
  const untold = casesOf(stripe, { children: {} })
  await untold.named('every row inside others')?.()
  expect(untold.skipped.join()).toContain(
    "where the simulator holds invoice_line_items is not told: heldAs: { children: { invoice_line_items: 'its field in the row' } }",
  )
})

/** With its invoices once more, and their lines as a type of its own, by these names. */
const showing = (names: { readonly invoice: string; readonly id: string }): typeof simulator => ({
  ...simulator,
  seed(context) {
    simulator.seed(context)
    const { store } = context
    for (const [id, { lines = [] }] of store.all('invoices')) {
      store.put('bills', id, { [names.id]: id, lines })
      for (const [n] of Object.entries(lines ?? []))
        store.put('invoice_line_items', `${id}-${n}`, { [names.invoice]: id })
    }
  },
})
const lost = withLines((item) => withText(item, []))
const byType = { children: {} }

it('what a type of its own holds is compared by the field that names the row', async () => {
  const title = 'every row inside others'
  const vendor = showing({ invoice: 'invoice', id: 'id' })
  await expect(casesOf(lost, byType, vendor).named(title)?.()).rejects.toThrow('invoice_line_items')
  const sound = casesOf(stripe, byType, vendor)
  await sound.named(title)?.()
  expect(sound.skipped).toEqual([])
})

it.each<[string, StreamOptions['heldAs'], typeof simulator]>([
  ['a type that names the rows in other words', byType, showing({ invoice: 'invoiceId', id: 'id' })],
  [
    'records with their key in other words',
    { ...linesInside, type: 'bills' },
    showing({ invoice: 'invoice', id: 'number' }),
  ],
])('the kit says that it compared nothing where the simulator shows %s', async (_, heldAs, vendor) => {
  const cases = casesOf(lost, heldAs, vendor)
  await cases.named('every row inside others')?.()
  expect(cases.skipped.join()).toContain(
    'no invoice_line_items that the simulator shows is of a row of invoices that came',
  )
})
