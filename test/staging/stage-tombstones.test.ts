import { describe, expect, it } from 'vitest'
import type { Scan, ScanItem, Stream } from '../../src/connector/contract.ts'
import { itemFlaw } from '../../src/connector/item-flaw.ts'
import { lines, stageBatches } from './stage.ts'

const types = { id: 'integer', v: 'string' } as const

describe('tombstones', () => {
  it('carry their key, and when it went', async () => {
    const { tombstones, staged } = await stageBatches(
      [{ kind: 'tombstones', keys: [{ id: '7' }], version: '2026-11-20T09:00:00Z' }],
      types,
    )
    expect(tombstones).toEqual([
      {
        id: '7',
        _read_at: '2026-11-20 09:55:00.123',
        _version: '2026-11-20 09:00:00',
        _deleted_at: '2026-11-20 09:00:00',
      },
    ])
    expect(staged.counts).toMatchObject({ read: 1, duplicates: 0, rejected: 0 })
  })

  it('without a time went when they were read', async () => {
    const { tombstones } = await stageBatches([{ kind: 'tombstones', keys: [{ id: 7 }], version: null }], types)
    expect(tombstones).toMatchObject([{ _version: '2026-11-20 09:55:00.123' }])
  })

  it('of one key count once, the latest of them', async () => {
    const gone = (version: string) => ({ kind: 'tombstones', keys: [{ id: 7 }], version }) as const
    const { tombstones, staged } = await stageBatches(
      [gone('2026-11-20T09:00:00Z'), gone('2026-11-20T08:00:00Z')],
      types,
    )
    expect(tombstones).toMatchObject([{ _deleted_at: '2026-11-20 09:00:00' }])
    expect(staged.counts).toMatchObject({ read: 2, duplicates: 1 })
  })

  it('whose key is null or of another type are refused, and the others stand', async () => {
    const { tombstones, staged } = await stageBatches(
      [{ kind: 'tombstones', keys: [{ id: null }, { id: 'x' }, { id: 7 }], version: null }],
      types,
    )
    expect(tombstones.map((row) => row['id'])).toEqual(['7'])
    expect(staged.counts).toMatchObject({ read: 3, rejected: 2 })
  })

  const instants = [
    ['2026-01-01T10:00:00Z', '2026-01-01 10:00:00'],
    ['2026-01-01 10:00:00.1234560+0230', '2026-01-01 07:30:00.123456'],
    ['2026-01-01T10:00:00-02', '2026-01-01 12:00:00'],
    ['2026-01-01T10:00', '2026-01-01 10:00:00'],
    ['2026-01-01T24:00:00Z', '2026-01-02 00:00:00'],
    ['2024-02-29', '2024-02-29 00:00:00'],
    ['1768032000', '2026-01-10 08:00:00'],
    ['2026-01-01T10:00Z', null],
    ['2026-01-01T10:00+02:00', null],
    ['2026-01-01 10:00:00 +02', null],
    ['2026-01-01T10:00:00 Z', null],
    ['2026-01-01T10:00:00.1234567Z', null],
    ['2026-01-01T23:59:60Z', null],
    ['2026-01-01T25:00:00Z', null],
    ['2026-01-01T10:00:00z', null],
    ['2026-02-30', null],
    ['2026-01-01T', null],
    ['yesterday', null],
    ['', null],
  ] as const

  it.each(instants)('that went at %j went at %j, and null are refused', async (version, went) => {
    const gone: ScanItem = { kind: 'tombstones', readAt: new Date(), keys: [{ id: 7 }], version }
    const { tombstones, staged } = await stageBatches([gone], types)
    expect(tombstones.map((row) => row['_deleted_at'])).toEqual(went === null ? [] : [went])
    expect(staged.counts).toMatchObject({ read: 1, rejected: went === null ? 1 : 0 })
    // What a connector is told is what staging does.
    const flaw = itemFlaw(gone, { stream: {} as Stream, scan: {} as Scan }) // nothing of them is looked at
    expect(flaw === null).toBe(went !== null)
  })

  it('stand beside rows of the same chunk', async () => {
    const { rows, tombstones, staged } = await stageBatches(
      [lines('{"id":1,"v":"a"}'), { kind: 'tombstones', keys: [{ id: 1 }], version: null }],
      types,
    )
    expect([rows.length, tombstones.length, staged.counts.read]).toEqual([1, 1, 2])
  })

  it('are found by keys of several columns of any name', async () => {
    const { tombstones } = await stageBatches(
      [{ kind: 'tombstones', keys: [{ v: 'x', _file: 'y' }], version: null }],
      { v: 'string', _file: 'string' },
      { key: ['v', '_file'] },
    )
    expect(tombstones).toMatchObject([{ v: 'x', _file: 'y' }])
  })
})
