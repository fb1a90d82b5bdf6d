import { mkdtempSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogicalType, ScanItem } from 'millrace'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { openDatabase } from '../../../src/duckdb/open-database.ts'
import { columnNames } from '../../../src/model/column-name.ts'
import { openChunk } from '../../../src/staging/spool.ts'
import { stageChunk } from '../../../src/staging/stage-chunk.ts'
import { openWorkbench } from '../../../src/staging/workbench.ts'
import { duckdbParquet } from '../../../src/warehouse/duckdb/parquet-style.ts'
import { openStripe, type OpenedStripe } from './open-stripe.ts'

let stripe: OpenedStripe
beforeAll(async () => {
  stripe = await openStripe({ scale: 0.05 })
  await stripe.sandbox.move(1)
})
afterAll(() => stripe[Symbol.asyncDispose]())

type Columns = { readonly [field: string]: LogicalType }

/** What staging makes of a stream's batches with the columns that it declares. */
async function stage(items: readonly ScanItem[], columns: Columns, child?: string) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-stage-'))
  const writer = openChunk(join(directory, 'chunk'))
  for (const item of items)
    if (item.kind !== 'checkpoint' && item.child?.stream === child) await writer.add(item, item.readAt)
  const names = columnNames(Object.keys(columns))
  await mkdir(join(directory, 'out'))
  const workbench = openWorkbench(directory)
  const staged = await stageChunk(
    {
      chunk: writer.chunk(),
      directory: join(directory, 'out'),
      columns: Object.entries(columns).map(([field, type]) => ({ field, column: names.get(field) ?? field, type })),
      key: ['id'],
      version: null,
      deletedWhen: null,
      pii: [],
      derived: false,
      memoryLimit: '500MB',
      parquet: duckdbParquet,
    },
    workbench,
  )
  await workbench.close()
  const db = await openDatabase({ path: ':memory:', memoryLimit: '500MB', spillDirectory: tmpdir(), threads: 1 })
  const select = async (sql: string) =>
    (await db.rows(sql.replace('staged', `read_parquet('${staged.path}')`))).map((row) =>
      Object.values(row).map(String),
    )
  return { staged, select, close: () => db.close() }
}

describe('staging', () => {
  it.each(
    stripeStreams.flatMap(({ name, children = [] }): [string, string | undefined][] => [
      [name, undefined],
      ...children.map((child): [string, string] => [name, child.name]),
    ]),
  )('takes every value of %s %s as its declared type', async (name, child) => {
    const stream = await stripe.stream(name)
    const columns = stream.children.find((each) => each.name === child)?.columns ?? stream.columns
    const { to } = await stripe.scanOf()
    const from = new Date(Date.parse(to) - 86_400_000).toISOString()
    const scans = [await stripe.scanOf(), await stripe.scanOf({ from })]
    for (const scan of scans) {
      const { staged, close } = await stage(await stripe.read(name, scan), columns, child)
      expect(staged.samples).toEqual([])
      // What the daily list has brought, an event may bring once more.
      const comesTwice =
        scan.from !== null && stripeStreams.some((each) => each.name === name && each.untold && each.events)
      expect(staged.counts).toMatchObject({ rejected: 0, ...(!comesTwice && { duplicates: 0 }) })
      close()
    }
  })

  it('keeps digits, instants and odd text as Stripe has them', async () => {
    const prices = await stage(
      await stripe.read('prices', await stripe.scanOf()),
      (await stripe.stream('prices')).columns,
    )
    expect(
      await prices.select(
        'SELECT unit_amount_decimal FROM staged WHERE unit_amount_decimal < 1 AND unit_amount_decimal > 0',
      ),
    ).toEqual([['0.000123456789']])
    prices.close()
    const customers = await stage(
      await stripe.read('customers', await stripe.scanOf()),
      (await stripe.stream('customers')).columns,
    )
    const [stored] = await stripe.sandbox.show('stripe', 'customers')
    expect(
      await customers.select(
        `SELECT epoch(created)::BIGINT, metadata->>'number', metadata->>'line_separator' FROM staged WHERE id = '${stored?.id}'`,
      ),
    ).toEqual([[String(stored?.created), '9007199254740993', '\u2028']])
    customers.close()
  })
})
