/** Rows inside others: what the kit refuses of a connector that loses them. */
import { sourceKit } from 'millrace/testing'
import { expect, it } from 'vitest'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import type { Connector, ScanItem } from '../../../src/connector/contract.ts'
import { collectCases } from './collect-cases.ts'

type Line = { readonly kind: 'lines' } & ScanItem

const casesOf = (
  connector: Connector,
  children: { readonly [child: string]: string } = { invoice_line_items: 'lines' },
) =>
  collectCases((runner) =>
    sourceKit({
      ...runner,
      connector,
      simulator,
      keys: { rate_per_second: 1000, rate_per_endpoint: 1000 },
      streams: [{ name: 'invoices', heldAs: { children } }],
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
  const untold = casesOf(stripe, {})
  await untold.named('every row inside others')?.()
  expect(untold.skipped.join()).toContain(
    "where the simulator holds invoice_line_items is not told: heldAs: { children: { invoice_line_items: 'its field in the row' } }",
  )
})
