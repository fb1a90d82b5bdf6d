import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { StreamConfig } from '../../src/config/project.ts'
import type { Stream } from '../../src/connector/contract.ts'
import { createVendor, personColumns, type Vendor } from './vendor.ts'
import { openWorld, type RunOptions, type World } from './world.ts'

let world: World
let vendor: Vendor
beforeEach(() => {
  world = openWorld()
  vendor = createVendor({ readAt: world.clock, withoutChildren: true })
  vendor.put(1, { name: 'a' })
  vendor.pass()
})
afterEach(() => world.close())

const run = async (config: NonNullable<RunOptions['streams']>[number], options: RunOptions = {}) => {
  const { events } = await world.run(vendor.connector, { ...options, streams: [config] })
  return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
}

describe('options that have changed since the rows of a table were loaded', () => {
  it.each([
    [
      'a mask',
      {},
      { mask: { name: 'redact' } } as const,
      /name of rows that were loaded before stand in the table unmasked/,
    ],
    ['a mask that was', { mask: { name: 'redact' } } as const, {}, /name of rows that were loaded before stay masked/],
    ['a where', { where: 'id < 9' }, { where: 'id < 5' }, /rows that were loaded by another {2}where {2}stay/],
  ])('are said once: %s', async (_, before, after, words) => {
    expect(await run(before)).toEqual([])
    expect(await run(before)).toEqual([])
    expect(await run(after)).toEqual([expect.stringMatching(words)])
    expect(await run(after)).toEqual([])
  })

  it('are said of the connector’s own that decide what values mean, and of no other', async () => {
    vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: lentOptions })
    vendor.put(1, { name: 'a' })
    expect(await run({ options: { windows: ['1d'], pages: 3 } })).toEqual([])
    expect(await run({ options: { windows: ['1d'], pages: 4 } })).toEqual([])
    expect(await run({ options: { windows: ['7d'], pages: 4 } })).toEqual([
      expect.stringMatching(
        /rows that were loaded by another {2}windows {2}stay, and older ones of the new one are not there.*--full-refresh/,
      ),
    ])
    expect(await run({ options: { pages: 4 } })).toEqual([expect.stringContaining('by another  windows  stay')])
    expect(await run({ options: { pages: 4 } })).toEqual([])
    // Snowflake gives the keys of what it keeps in an order of its own.
    expect(await run({ options: { zones: { view: '1d', click: '7d' } } })).toEqual([expect.stringContaining('zones')])
    expect(await run({ options: { zones: { click: '7d', view: '1d' } } })).toEqual([])
  })

  it('are said of fields that an option leaves out, which keep what was loaded, as of those that come back', async () => {
    vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: lentOptions })
    const named = async () => await world.rows('SELECT id, name FROM crm.people ORDER BY id')
    vendor.put(1, { name: 'a' })
    vendor.pass()
    await run({})
    vendor.put(1, { name: 'b' })
    vendor.put(2, { name: 'c' })
    vendor.pass()
    expect(await run({ options: { fields: ['deleted'] } })).toEqual([])
    expect(await named()).toEqual([
      { id: '1', name: 'a' },
      { id: '2', name: null },
    ])
    expect(await run({})).toEqual([expect.stringMatching(/rows that were loaded before have no name, or an old one/)])
  })

  it('are not said of a mask on a field that comes new: it never stood there', async () => {
    expect(await run({ exclude: ['name'] })).toEqual([])
    const mask = { name: 'redact' } as const
    expect(await run({ mask })).toEqual([expect.stringContaining('rows that were loaded before have no name')])
    // It did, and was only left out for a while.
    const other = { streams: [{}], sync: { schema: 'other' } }
    await world.run(vendor.connector, other)
    await world.run(vendor.connector, { ...other, streams: [{ exclude: ['name'] }] })
    const { events } = await world.run(vendor.connector, { ...other, streams: [{ mask }] })
    expect(JSON.stringify(events)).toContain('name of rows that were loaded before stand in the table unmasked')
  })

  it('are not said of a mask of what comes new inside others', async () => {
    vendor = createVendor({ readAt: world.clock })
    vendor.put(1, { items: ['x'] })
    vendor.pass()
    const warnings = async (items: NonNullable<RunOptions['streams']>[number]) => {
      const { events } = await world.run(vendor.connector, { streams: [{}, { name: 'items', ...items }] })
      return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    }
    await warnings({ exclude: ['item'] })
    expect(await warnings({ mask: { item: 'redact' } })).toEqual([expect.stringContaining('have no item')])
  })

  it('are said of an earlier start, and not of a later one', async () => {
    const from = (start: string | null) => run({}, { sync: { start } })
    expect(await from('2026-01-01T00:00:00.000Z')).toEqual([])
    expect(await from('2026-02-01T00:00:00.000Z')).toEqual([])
    expect(await from('2025-01-01T00:00:00.000Z')).toEqual([
      expect.stringMatching(/rows from before the old {2}start {2}are not there.*--full-refresh/),
    ])
  })

  it('are not said where everything is read again', async () => {
    await run({})
    expect(await run({ mask: { name: 'redact' } }, { fullRefresh: true })).toEqual([])
    expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: '***' }])
  })
})

describe('options that have changed of a list that takes nothing away', () => {
  const list = (change: Partial<Stream> = {}) => {
    const people = { enumerates: false, heedsStart: false, ...change }
    vendor = createVendor({ readAt: world.clock, withoutChildren: true, people })
    vendor.put(1, { name: 'a' })
    vendor.put(2, { name: 'b' })
    vendor.pass()
  }
  const masked = { mask: { name: 'redact' } } as const
  const stay = [
    [
      'a mask',
      {},
      masked,
      'name of rows that the source does not show now stand in the table unmasked, or masked another way',
    ],
    ['a mask that was', masked, {}, 'name of rows that the source does not show now stay masked'],
    [
      'a narrower where',
      {},
      { where: 'id < 2' },
      'rows that were loaded by another  where , or by none, and that the source does not show now, stay',
    ],
  ] as const
  const told = (what: string) =>
    `people: its options have changed: ${what}. No run reads these again. They go with  drop table crm.people;  after which the next run loads what the source shows. Or change them by hand.`

  it.each(stay)(
    'are said once, though every run reads it whole, of what it does not show: %s',
    async (_, before, after, what) => {
      list({ fullEveryMs: 0 })
      expect(await run(before)).toEqual([])
      vendor.hardDelete(2)
      expect(await run(after)).toEqual([told(what)])
      expect(vendor.scans.at(-1)).toMatchObject({ full: true, whole: false })
      expect(await run(after)).toEqual([])
      expect(await world.rows('SELECT count(*) AS n FROM crm.people WHERE _deleted_at IS NULL')).toEqual([{ n: '2' }])
    },
  )

  it.each(stay)('are said so of a run with --full-refresh: %s', async (_, before, after, what) => {
    list()
    expect(await run(before)).toEqual([])
    expect(await run(after, { fullRefresh: true })).toEqual([told(what)])
    expect(await run(after, { fullRefresh: true })).toEqual([])
  })

  it.each([
    ['of one that enumerates, which brings or takes all rows', { enumerates: true, fullEveryMs: 0 }, {}, masked],
    ['of a where that is gone, without which no row is too much', { fullEveryMs: 0 }, { where: 'id < 2' }, {}],
    ['of what is replaced as a whole', {}, { mode: 'full_refresh' }, { mode: 'full_refresh', ...masked }],
  ] as const)('are not said %s', async (_, stream, before, after) => {
    list(stream)
    expect(await run(before)).toEqual([])
    expect(await run(after)).toEqual([])
  })

  it('are said of one that enumerates, too, where its where keeps a pass from taking rows away', async () => {
    list({ enumerates: true })
    await run({})
    expect(await run({ where: 'id < 2' }, { fullRefresh: true })).toEqual([
      expect.stringContaining('rows that were loaded by another  where '),
    ])
  })

  it('are said with the way for what a pass over everything does not reach, where there may be such rows', async () => {
    list({ heedsStart: true })
    const sync = { start: '2025-06-01T00:00:00.000Z' }
    await run({}, { sync })
    expect(await run({ where: 'id < 2' }, { sync })).toEqual([
      expect.stringMatching(
        /--full-refresh reads again what the source shows\. Other rows go with {2}drop table crm\.people/,
      ),
    ])
    expect(await run({ where: 'id < 2' })).toEqual([
      'people: its options have changed: rows from before the old  start  are not there. A run with --full-refresh reads everything again.',
    ])
  })

  it('are not said again by a backfill of it, of which the live run tells', async () => {
    list({ boundedBy: 'updated_at' })
    const range = { from: '2025-12-01T00:00:00.000Z', to: '2026-01-01T00:00:00.500Z' }
    await run({})
    await world.backfill(vendor.connector, range, { streams: [{}] })
    const heard: string[] = []
    await world.backfill(vendor.connector, range, {
      streams: [masked],
      onEvent: (event) => event.type === 'run.warning' && heard.push(event.message),
    })
    expect(await world.rows('SELECT DISTINCT name FROM crm.people')).toEqual([{ name: '***' }])
    expect(heard).toEqual([])
  })
})

describe('options that change while a scan is under way', () => {
  beforeEach(() => {
    for (let id = 2; id <= 9; id++) vendor.put(id, { name: `n${id}` })
    vendor.pass()
  })
  /** Reads three pages of three rows; this one is refused. */
  const interrupted = async (page: number, options: RunOptions) => {
    const first = vendor.pagesRead()
    vendor.onPage = (number) => {
      if (number === first + page) throw new Error('the vendor is away')
    }
    const { errors } = await world.run(vendor.connector, options)
    expect(errors).toHaveLength(1)
    vendor.onPage = () => undefined
  }
  const names = async () => (await world.rows('SELECT DISTINCT name FROM crm.people')).map((row) => row['name'])
  const again = [
    expect.stringContaining(
      'people: its options, its account, or what its connector asks for, have changed since the scan that an earlier run left was begun',
    ),
  ]
  const masked = { mask: { name: 'redact' } } as const

  it.each([
    ['a mask', {}, masked],
    ['a where', { where: 'id < 9' }, {}],
    ['fields', { exclude: ['name'] }, {}],
  ])('begin the first one again: %s', async (_, before, after) => {
    await interrupted(2, { streams: [before] })
    expect(await run(after)).toEqual(again)
    expect(vendor.scans.at(-1)).toMatchObject({ from: null, resume: null, full: true })
    if ('mask' in after) expect(await names()).toEqual(['***'])
    expect(await run(after)).toEqual([])
  })

  it('begin one over everything again, as what it was', async () => {
    await run({})
    await interrupted(2, { streams: [{}], fullRefresh: true })
    expect(await run(masked)).toEqual(again)
    expect(await names()).toEqual(['***'])
  })

  it('begin a replacement again, which is of one kind of rows then', async () => {
    const mode = 'full_refresh' as const
    await run({ mode })
    await interrupted(2, { streams: [{ mode }] })
    expect(await run({ mode, ...masked })).toEqual(again)
    expect(await names()).toEqual(['***'])
  })

  it('leave it alone where they are said in another order, or do not choose rows', async () => {
    await interrupted(2, { streams: [{ exclude: ['deleted', 'name'] }] })
    expect(await run({ exclude: ['name', 'deleted'], schemaChanges: 'freeze' })).toEqual([])
    expect(vendor.scans.at(-1)?.resume).not.toBeNull()
  })
})

describe('a mask on a stream with intervals', () => {
  it('is said to leave those that are closed as they are, though everything is read again', async () => {
    await run({ mode: 'scd2' })
    const odd = [expect.stringMatching(/name of intervals that are closed.*drop table crm\.people/)]
    expect(await run({ mode: 'scd2', mask: { name: 'redact' } }, { fullRefresh: true })).toEqual(odd)
    expect(await run({ mode: 'scd2', mask: { name: 'redact' } })).toEqual([])
  })
})

describe('a mask on a stream with intervals that reads what changed', () => {
  it('is said to leave the current ones as they are, too, until their rows come again, and how they do', async () => {
    vendor.put(2, { name: 'b' })
    vendor.pass()
    await run({ mode: 'scd2' })
    vendor.put(2, { name: 'c' })
    vendor.pass()
    const masked = { mode: 'scd2', mask: { name: 'redact' } } as const
    expect(await run(masked)).toEqual([
      expect.stringMatching(
        /name of intervals that stand, current ones too, .* unmasked.*until their rows change.*--full-refresh.*drop table crm\.people/,
      ),
    ])
    const current = async () =>
      (await world.rows('SELECT name FROM crm.people WHERE is_current ORDER BY id')).map(({ name }) => name)
    expect(await current()).toEqual(['a', '***'])
    expect(await run(masked, { fullRefresh: true })).toEqual([])
    expect(await current()).toEqual(['***', '***'])
  })

  it('is said to leave those of rows that the source does not show, whatever is read', async () => {
    vendor = createVendor({ readAt: world.clock, withoutChildren: true, people: { enumerates: false } })
    vendor.put(1, { name: 'a' })
    vendor.pass()
    await run({ mode: 'scd2' })
    expect(await run({ mode: 'scd2', mask: { name: 'redact' } }, { fullRefresh: true })).toEqual([
      expect.stringContaining('or are of rows that the source does not show now'),
    ])
  })
})

describe('a watermark that a wrong clock has put into the future', () => {
  it('is told of until everything is read anew, which puts it right', async () => {
    const now = vendor.now().getTime()
    vendor.setClock(now + 3 * 365 * 86_400_000)
    await run({})
    vendor.setClock(now)
    vendor.put(2, { name: 'b' })
    vendor.pass()
    const ahead = [expect.stringMatching(/people: it is complete to 2028.*--full-refresh/)]
    expect(await run({})).toEqual(ahead)
    expect(await run({}, { fullRefresh: true })).toEqual([])
    vendor.put(3, { name: 'c' })
    vendor.pass()
    expect(await run({})).toEqual([])
    expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '3' }])
  })
})

describe('rows that would stand beside those of a table', () => {
  const outcome = async (config: NonNullable<RunOptions['streams']>[number], options: RunOptions = {}) =>
    (await world.run(vendor.connector, { ...options, streams: [config] })).errors
  /** The vendor’s people with something else about them. */
  const people = async (change: Partial<Stream>) => {
    const [stream] = (await vendor.connector.streams?.({ signal: new AbortController().signal })) ?? []
    if (!stream) throw new Error('the vendor has no people')
    vendor = {
      ...vendor,
      connector: { ...vendor.connector, streams: () => Promise.resolve([{ ...stream, ...change }]) },
    }
  }
  const refused = (message: string) => [
    expect.objectContaining({ code: 'MR-2201', message: expect.stringContaining(message), next: expect.anything() }),
  ]

  it.each([
    ['a mask on the key', { mask: { id: 'sha256' } } as const, 'are known by id, and what comes now by id (sha256)'],
    ['a mask that is gone', {}, 'are known by id (sha256), and what comes now by id'],
  ])('for %s are refused, also with --full-refresh', async (_, config, message) => {
    await run('mask' in config ? {} : { mask: { id: 'sha256' } })
    expect(await outcome(config)).toEqual(refused(message))
    expect(await outcome(config, { fullRefresh: true })).toEqual(refused(message))
    expect(await world.rows('SELECT count(*) AS n FROM crm.people')).toEqual([{ n: '1' }])
  })

  it('for a key of other fields are refused, and no column is made', async () => {
    await run({})
    await people({ key: ['tenant', 'id'], columns: { tenant: 'string', id: 'integer', name: 'string' } })
    expect(await outcome({})).toEqual(refused('are known by id, and what comes now by id, tenant'))
    expect((await world.rows('DESCRIBE crm.people')).map((row) => row['column_name'])).not.toContain('tenant')
  })

  it('for another account are refused', async () => {
    await people({ source: 'acct_1' })
    await run({})
    await people({ source: 'acct_2' })
    expect(await outcome({})).toEqual(refused('crm.people are of acct_1, and what comes now is of acct_2'))
  })

  it.each([
    ['that came to have one', undefined, 'updated_at', 'have as their version the time at which they were read'],
    ['of another field', 'updated_at', 'seen_at', 'have as their version updated_at, and what comes now has seen_at'],
  ])(
    'for a version %s are refused until the table is dropped, also with --full-refresh',
    async (_, old, now, message) => {
      const columns = { ...personColumns, seen_at: 'timestamp' } as const
      const versionOf = (version: string | undefined) => people({ columns, version })
      vendor.put(1, { name: 'a', seen_at: '2025-11-01T00:00:00Z' })
      vendor.pass()
      await versionOf(old)
      await run({})
      vendor.put(1, { name: 'b' })
      vendor.pass()
      await versionOf(now)
      expect(await outcome({})).toEqual(refused(message))
      expect(await outcome({}, { fullRefresh: true })).toEqual(refused(message))
      await world.rows('DROP TABLE crm.people')
      expect(await outcome({})).toEqual([])
      expect(await world.rows('SELECT name FROM crm.people')).toEqual([{ name: 'b' }])
    },
  )

  it('by a cursor that does not say what their version was are loaded, and so are those that have none any more', async () => {
    await run({})
    const old = `UPDATE _millrace.cursors SET marks = json_merge_patch(marks, '{"asked":{"version":null}}')`
    await world.rows(old)
    expect(await world.rows(`SELECT marks->'asked'->'version' AS version FROM _millrace.cursors`)).toEqual([
      { version: null },
    ])
    await people({ version: 'created_at', columns: { ...personColumns, created_at: 'timestamp' } })
    expect(await outcome({})).toEqual([])
    await people({ version: undefined })
    expect(await outcome({})).toEqual([])
  })

  it('are loaded where the table was dropped, or is replaced as a whole', async () => {
    await run({ mode: 'full_refresh' })
    expect(await outcome({ mode: 'full_refresh', mask: { id: 'sha256' } })).toEqual([])
    await world.rows('DROP TABLE crm.people')
    expect(await outcome({})).toEqual([])
    expect(await world.rows('SELECT id FROM crm.people')).toEqual([{ id: '1' }])
  })
})

describe('what stands where only rows inside others are to be read anew', () => {
  it('is known still when the run that was to do so has died', async () => {
    vendor = createVendor({ readAt: world.clock })
    vendor.put(1, { name: 'a', items: ['x'] })
    vendor.pass()
    const streams = [{}, { name: 'items' }]
    await world.run(vendor.connector, { streams })
    await world.rows('DROP TABLE crm.items')
    vendor.onPage = () => {
      throw new Error('the vendor is away')
    }
    expect((await world.run(vendor.connector, { streams })).errors).toHaveLength(1)
    vendor.onPage = () => undefined
    const masked = [{ mask: { id: 'sha256' } as const }, { name: 'items' }]
    expect(await outcomeOf(masked)).toEqual(['MR-2201'])
    expect(await outcomeOf(streams)).toEqual([])
    expect(await world.rows('SELECT id FROM crm.items WHERE _deleted_at IS NULL')).toHaveLength(1)
  })
  const outcomeOf = async (streams: readonly Partial<StreamConfig>[]) =>
    (await world.run(vendor.connector, { streams })).errors.map(({ code }) => code)
})

describe('a field of rows inside others that was left out for a while', () => {
  it('is said to be missing in them, with the backfill of what they are inside', async () => {
    vendor = createVendor({ readAt: world.clock, people: { boundedBy: 'updated_at' } })
    vendor.put(1, { items: ['x'] })
    vendor.pass()
    const inside = async (items: Partial<StreamConfig>) => {
      const { events } = await world.run(vendor.connector, { streams: [{}, { name: 'items', ...items }] })
      return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    }
    await inside({ exclude: ['item'] })
    expect(await inside({})).toEqual([
      'items: rows that were loaded before have no item, or an old one, until they are read again. To read them now:  millrace backfill crm --stream people --from 2000-01-01 --step 6mo',
    ])
    expect(await inside({})).toEqual([])
  })
})

describe('a mask on rows inside others', () => {
  it('is said once, with the stream that it is of', async () => {
    vendor = createVendor({ readAt: world.clock })
    vendor.put(1, { items: ['x'] })
    vendor.pass()
    const inside = async (items: Partial<StreamConfig>) => {
      const { events } = await world.run(vendor.connector, { streams: [{}, { name: 'items', ...items }] })
      return events.flatMap((event) => (event.type === 'run.warning' ? [event.message] : []))
    }
    await inside({})
    expect(await inside({ mask: { item: 'redact' } })).toEqual([
      expect.stringContaining('items.item of rows that were loaded before stand in the table unmasked'),
    ])
    expect(await inside({ mask: { item: 'redact' } })).toEqual([])
    expect(await inside({})).toEqual([
      expect.stringContaining('items.item of rows that were loaded before stay masked'),
    ])
  })
})

const lentOptions: Pick<Stream, 'options' | 'loads' | 'meaningBy'> = {
  options: z.strictObject({
    windows: z.array(z.string()).optional(),
    zones: z.record(z.string(), z.string()).optional(),
    pages: z.int().optional(),
    fields: z.array(z.string()).optional(),
  }),
  loads: (field, { fields }) => !Array.isArray(fields) || fields.includes(field),
  meaningBy: ['windows', 'zones'],
}
