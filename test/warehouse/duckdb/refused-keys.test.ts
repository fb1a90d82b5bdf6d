import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OpenedConnector, Stream } from '../../../src/connector/contract.ts'
import { openWorld, type RunOptions, type World } from '../../etl/world.ts'

type Click = { readonly click: string | number; readonly page: unknown }

const day = '2026-11-19'

let world: World
/** What the vendor lists. */
let clicks: readonly Click[]
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

function connectorOf(type: 'string' | 'integer', more: Partial<Stream>): OpenedConnector {
  const stream: Stream = {
    name: 'clicks',
    docs: 'https://docs.example.com',
    key: ['day', 'click'],
    columns: { day: 'date', click: type, page: 'integer' },
    order: 'none',
    lagMs: 0,
    overlapMs: 5 * 86_400_000,
    children: [],
    async *read() {
      yield { kind: 'records', readAt: world.clock(), records: clicks.map((each) => ({ day, ...each })) }
      yield { kind: 'checkpoint', resume: null, ...(stream.reportsDays && { windows: [{ from: day, to: day }] }) }
    },
    ...more,
  }
  return {
    check: () => Promise.resolve(),
    account: () => Promise.resolve('a'),
    streamNames: () => Promise.resolve([stream.name]),
    streams: () => Promise.resolve([stream]),
  }
}

const report = { boundedBy: 'day', reportsDays: true } as const
const whole = { enumerates: true, fullEveryMs: 0 } as const
const masked: RunOptions = { streams: [{ name: 'clicks', mask: { click: 'sha256' } }], maxShrink: { fraction: 1 } }
const plain: RunOptions = { streams: [{ name: 'clicks' }], maxShrink: { fraction: 1 } }

const stored = () => world.rows('SELECT page FROM crm.clicks WHERE _deleted_at IS NULL ORDER BY page')
const rejects = () => world.rows('SELECT state, attempts FROM _millrace.rejects ORDER BY first_at')

describe('a row that is refused', () => {
  it.each([
    ['a day that is replaced, by a masked key', 'string', report, masked],
    ['a full pass, by a masked key', 'string', whole, masked],
    ['a day that is replaced, by a key that the vendor pads', 'integer', report, plain],
    ['a full pass, by a key that the vendor pads', 'integer', whole, plain],
  ] as const)('keeps its old version, and is settled when it loads: %s', async (_what, type, kind, options) => {
    const connector = connectorOf(type, kind)
    clicks = ['00120011', '00120012', '00120013'].map((click, page) => ({ click, page }))
    await world.run(connector, options)
    clicks = clicks.slice(0, 2).map(({ click, page }) => ({ click, page: page === 1 ? 'first' : page }))
    for (let times = 0; times < 2; times++) await world.run(connector, options)
    expect(await stored()).toEqual([{ page: '0' }, { page: '1' }])
    expect(await rejects()).toEqual([{ state: 'open', attempts: '2' }])
    clicks = clicks.map(({ click }) => ({ click, page: 7 }))
    await world.run(connector, options)
    expect(await stored()).toEqual([{ page: '7' }, { page: '7' }])
    expect(await rejects()).toEqual([{ state: 'settled', attempts: '2' }])
  })

  it('is known by the hash of its masked key, and by nothing that is in clear', async () => {
    clicks = [{ click: 'Cj0KCQ', page: 'first' }]
    await world.run(connectorOf('string', report), masked)
    const [hash] = await world.rows(`SELECT sha256('Cj0KCQ') AS hash`)
    const kept = await world.rows('SELECT key, message, "row" FROM _millrace.rejects')
    expect(kept).toMatchObject([{ key: JSON.stringify([day, hash?.['hash']]) }])
    expect(JSON.stringify(kept)).not.toContain('Cj0KCQ')
  })

  it('is known by the text that came, where that is no key', async () => {
    clicks = [{ click: 'none', page: 1 }]
    await world.run(connectorOf('integer', report), plain)
    expect(await world.rows('SELECT key FROM _millrace.rejects')).toEqual([{ key: JSON.stringify([day, 'none']) }])
  })
})
