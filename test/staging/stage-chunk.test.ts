import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogicalType } from '../../src/model/logical-type.ts'
import type { StageRequest } from '../../src/staging/stage-chunk.ts'
import { lines, stageBatches } from './stage.ts'

/** Columns have the names of their fields in small letters. */
const stage = (texts: readonly string[], types: Record<string, LogicalType>, rest: Partial<StageRequest> = {}) =>
  stageBatches([lines(...texts)], types, {
    columns: Object.entries(types).map(([field, type]) => ({ field, column: field.toLowerCase(), type })),
    ...rest,
  })

describe('casting', () => {
  const fits: readonly [LogicalType, string, string][] = [
    ['integer', '9007199254740993', '9007199254740993'],
    ['integer', '"-9223372036854775808"', '-9223372036854775808'],
    ['integer', '3.0', '3'],
    ['decimal(38,6)', '"123456789012.345678"', '123456789012.345678'],
    ['decimal(38,0)', '"12345678901234567890123456789012345678"', '12345678901234567890123456789012345678'],
    ['decimal(18,2)', '1.50', '1.50'],
    ['decimal(38,12)', '1e-7', '0.000000100000'],
    ['decimal(38,2)', '"+0012.500"', '12.50'],
    ['decimal(38,2)', '"9999999999999999"', '9999999999999999.00'],
    ['decimal(38,2)', '"-99999999999999999.99"', '-99999999999999999.99'],
    ['decimal(38,17)', '"-9"', '-9.00000000000000000'],
    ['decimal(20,0)', '"999999999999999999"', '999999999999999999'],
    ['decimal(38,30)', '"1.5"', '1.500000000000000000000000000000'],
    ['double', '0.1', '0.1'],
    ['boolean', 'true', 'true'],
    ['date', '"0001-01-01"', '0001-01-01'],
    ['timestamp', '"2026-11-20T09:55:00.000+0000"', '2026-11-20 09:55:00'],
    ['timestamp', '"2026-11-20T11:55:00.123456+02:00"', '2026-11-20 09:55:00.123456'],
    ['timestamp', '1700000000', '2023-11-14 22:13:20'],
    ['timestamp', '"9999-12-31T23:59:59Z"', '9999-12-31 23:59:59'],
    ['string', '"emoji 🙂 Ünï"', 'emoji 🙂 Ünï'],
    ['string', '{"a":1}', '{"a":1}'],
    ['json', '{"b":1,"a":[null,"x"]}', '{"b":1,"a":[null,"x"]}'],
    ['json', '"text"', '"text"'],
    ['binary', '"AAEC"', '\\x00\\x01\\x02'],
  ]
  it.each(fits)('keeps a %s from %s exactly', async (type, value, expected) => {
    const { rows, staged } = await stage([`{"id":"1","v":${value}}`], { id: 'string', v: type })
    expect(staged.counts.rejected).toBe(0)
    expect(rows[0]?.['v']).toBe(expected)
  })

  it('keeps decimals of any length exactly', async () => {
    const scaled = fc.record({
      units: fc.bigInt({ min: -(10n ** 36n), max: 10n ** 36n }),
      /** Most numbers are short. */
      digits: fc.integer({ min: 0, max: 36 }),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(scaled, { minLength: 50, maxLength: 50 }),
        fc.constantFrom(0, 2, 9, 17, 18, 30),
        async (all, scale) => {
          const texts = all.map(({ units, digits }) => decimalText(units / 10n ** BigInt(digits), scale))
          const { rows } = await stage(
            texts.map((text, n) => `{"id":"${n + 10}","v":"${text}"}`),
            { id: 'string', v: `decimal(38,${scale})` },
          )
          expect(rows.map((row) => row['v'])).toEqual(texts)
        },
      ),
      { numRuns: 12 },
    )
  })

  const misfits: readonly [LogicalType, string][] = [
    ['integer', '1.7'],
    ['integer', '"9223372036854775808"'],
    ['integer', '"0x1F"'],
    ['integer', '"1_000"'],
    ['decimal(38,2)', '"1.23456"'],
    ['decimal(38,2)', '"1.005"'],
    ['decimal(5,2)', '"1234.5"'],
    ['decimal(18,2)', '"NaN"'],
    ['double', '"NaN"'],
    ['double', '"Infinity"'],
    ['boolean', '"yes"'],
    ['boolean', '1'],
    ['date', '"2026-13-40"'],
    ['date', '"infinity"'],
    ['timestamp', '"10000-01-01T00:00:00Z"'],
    ['timestamp', '"2026-11-20T09:55:00.1234567Z"'],
    ['binary', '"%%%"'],
  ]
  it.each(misfits)('rejects what is not a %s: %s, and keeps the other rows', async (type, value) => {
    const { rows, rejects, staged } = await stage([`{"id":"1","v":${value}}`, `{"id":"2","v":null}`], {
      id: 'string',
      v: type,
    })
    expect(rows.map((row) => row['id'])).toEqual(['2'])
    expect(rejects).toHaveLength(1)
    expect(rejects[0]).toMatchObject({ key: '1', code: 'MR-5002' })
    expect(staged.counts).toMatchObject({ read: 2, rejected: 1, duplicates: 0 })
  })
})

/** So many of the last digits stand behind the point. */
function decimalText(units: bigint, scale: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${units < 0n ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
}

describe('rows', () => {
  it('rejects a row without its key, and stages the rest', async () => {
    const { rows, rejects } = await stage(['{"id":null,"v":"a"}', '{"v":"b"}', '{"id":"3","v":"c"}'], {
      id: 'string',
      v: 'string',
    })
    expect(rows).toHaveLength(1)
    expect(rejects.map((row) => row['code'])).toEqual(['MR-5001', 'MR-5001'])
  })

  it('lets the highest version of a key win and counts the others as duplicates', async () => {
    const { rows, staged } = await stage(
      ['{"id":"1","at":"2026-01-01T00:00:00Z","v":"old"}', '{"id":"1","at":"2026-01-02T00:00:00Z","v":"new"}'],
      { id: 'string', at: 'timestamp', v: 'string' },
      { version: 'at' },
    )
    expect(rows.map((row) => row['v'])).toEqual(['new'])
    expect(staged.counts.duplicates).toBe(1)
  })

  it('lets the later of two rows with one key and one version win, wherever they stand in a long file', async () => {
    const texts = Array.from({ length: 20_000 }, (_, n) => `{"id":"${n % 10_000}","v":"2026-01-01T00:00:00Z","n":${n}}`)
    const { staged, rows } = await stage(texts, { id: 'string', v: 'timestamp', n: 'integer' }, { version: 'v' })
    expect(staged.counts).toMatchObject({ read: 20_000, duplicates: 10_000, rejected: 0 })
    expect(rows).toHaveLength(10_000)
    expect(rows.every((row) => Number(row['n']) === Number(row['id']) + 10_000)).toBe(true)
  })

  it('takes the time of the request as version where the vendor has none', async () => {
    const { rows } = await stage(['{"id":"1"}'], { id: 'string' })
    expect(rows[0]).toMatchObject({
      _read_at: '2026-11-20 09:55:00.123',
      _version: '2026-11-20 09:55:00.123',
      _deleted_at: null,
    })
  })

  it('marks rows that the vendor calls deleted', async () => {
    const { rows } = await stage(
      ['{"id":"1","gone":true}', '{"id":"2","gone":false}'],
      { id: 'string', gone: 'boolean' },
      { deletedWhen: { column: 'gone', is: 'true' } },
    )
    expect(rows.map((row) => row['_deleted_at'] !== null)).toEqual([true, false])
  })

  it('sets one malformed line aside and keeps the others of its file', async () => {
    const { rows, rejects } = await stage(['{"id":"1","v":1}', '{"id":"2","v":', '[1]', '{"id":"4","v":4}'], {
      id: 'string',
      v: 'integer',
    })
    expect(rows.map((row) => row['id'])).toEqual(['1', '4'])
    expect(rejects.map((row) => row['code'])).toEqual(['MR-5003', 'MR-5003'])
  })

  it('masks personal data in what it keeps of a reject', async () => {
    const { rejects } = await stage(
      ['{"id":"1","email":"a@b.c","v":"x"}'],
      { id: 'string', email: 'string', v: 'integer' },
      { pii: ['email'] },
    )
    expect(rejects[0]?.['row']).toContain('"***"')
    expect(JSON.stringify(rejects)).not.toContain('a@b.c')
  })

  it('takes a 10 MB cell and 1,000 columns', async () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`c${n}`, 'string' as const]))
    const { rows } = await stage([JSON.stringify({ id: '1', c7: 'x'.repeat(10_000_000) })], { id: 'string', ...wide })
    expect(rows[0]?.['c7']?.length).toBe(10_000_000)
  })

  it.each([
    ['integer', '1700000000'],
    ['string', '"2023-11-14T22:13:20Z"'],
    ['string', '1700000000'],
    ['timestamp', '"2023-11-14T22:13:20Z"'],
  ] as const)('takes a version from a column of type %s: %s', async (type, value) => {
    const { rows } = await stage(
      [`{"id":"1","at":${value}}`, '{"id":"2"}'],
      { id: 'string', at: type },
      { version: 'at' },
    )
    expect(rows.map((row) => row['_version'])).toEqual(['2023-11-14 22:13:20', '2026-11-20 09:55:00.123'])
  })

  it('masks a line that cannot be taken apart, where anything in it may be personal', async () => {
    const { rejects } = await stage(
      ['{"id":"1","email":"a@b.c"'],
      { id: 'string', email: 'string' },
      { pii: ['email'] },
    )
    expect(rejects).toHaveLength(1)
    expect(JSON.stringify(rejects)).not.toContain('a@b.c')
  })
})

describe('masks', () => {
  const columns = (['sha256', 'redact', 'last4'] as const).map((mask) => ({
    field: mask,
    column: mask,
    type: 'string' as const,
    mask,
  }))
  const shape = {
    columns: [
      { field: 'id', column: 'id', type: 'string' as const },
      ...columns,
      { field: 'n', column: 'n', type: 'integer' as const },
    ],
  }

  it('let through a hash, stars, or the last four characters, whatever the field’s type is; null stays null', async () => {
    const { rows } = await stage(
      [
        '{"id":"1","sha256":"a@b.c","redact":{"a":1},"last4":"+358401234567"}',
        '{"id":"2","sha256":null,"redact":null,"last4":null}',
        '{"id":"3","sha256":17,"redact":"","last4":"1234"}',
      ],
      {},
      shape,
    )
    const shown = rows.map(({ sha256, redact, last4 }) => ({ sha256, redact, last4 }))
    expect(shown).toEqual([
      { sha256: createHash('sha256').update('a@b.c').digest('hex'), redact: '***', last4: '***4567' },
      { sha256: null, redact: null, last4: null },
      { sha256: createHash('sha256').update('17').digest('hex'), redact: '***', last4: '***' },
    ])
  })

  it('hold in what is kept of a reject, too', async () => {
    const { rejects, staged } = await stage(
      ['{"id":"1","sha256":"a@b.c","redact":"secret","last4":"12345678","n":"x"}'],
      {},
      shape,
    )
    expect(rejects).toHaveLength(1)
    for (const clear of ['a@b.c', 'secret', '5678']) expect(JSON.stringify({ rejects, staged })).not.toContain(clear)
  })

  it('make a key’s hash, which is the row’s key then', async () => {
    const masked = { columns: [{ field: 'id', column: 'id', type: 'string' as const, mask: 'sha256' as const }] }
    const { rows } = await stage(['{"id":"1"}', '{"id":"2"}'], {}, masked)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2)
    expect(rows.some(({ id }) => id === '1')).toBe(false)
  })

  it('are laid on old and new values by the field that they are of', async () => {
    const maskBy = { field: 'Field', masks: { Phone: 'last4', Email: 'redact' } } as const
    const { rows } = await stage(
      [
        '{"id":"1","Field":"Phone","Old":"12345678"}',
        '{"id":"2","Field":"Email","Old":"a@b.c"}',
        '{"id":"3","Field":"Name","Old":"Ann"}',
        '{"id":"4","Field":"Phone","Old":null}',
      ],
      {},
      {
        columns: [
          { field: 'id', column: 'id', type: 'string' },
          { field: 'Field', column: 'field', type: 'string' },
          { field: 'Old', column: 'old', type: 'string', maskBy },
        ],
      },
    )
    expect(rows.map(({ old }) => old)).toEqual(['***5678', '***', 'Ann', null])
  })
})
