import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cutPage } from '../../src/model/cut-page.ts'
import { dropSpooled } from '../../src/model/spool-refusal.ts'
import { dropChunk, openChunk } from '../../src/staging/spool.ts'
import { lines, readAt, stageBatches } from './stage.ts'

const string = { id: 'string', v: 'string' } as const

describe('records of JavaScript', () => {
  it('keep big integers, dates and nested values', async () => {
    const records = [
      {
        id: '1',
        big: 2n ** 80n,
        at: new Date('2026-01-02T03:04:05.678Z'),
        nested: { a: [1, null] },
        missing: undefined,
      },
    ]
    const { rows } = await stageBatches([{ kind: 'records', records }], {
      id: 'string',
      big: 'decimal(38,0)',
      at: 'timestamp',
      nested: 'json',
      missing: 'string',
    })
    expect(rows).toMatchObject([
      { big: '1208925819614629174706176', at: '2026-01-02 03:04:05.678', nested: '{"a":[1,null]}', missing: null },
    ])
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'with %s are refused, not quietly null',
    async (v) => {
      const { rows, rejects } = await stageBatches(
        [
          {
            kind: 'records',
            records: [
              { id: '1', v },
              { id: '2', v: 1 },
            ],
          },
        ],
        { id: 'string', v: 'double' },
      )
      expect(rows.map((row) => row['id'])).toEqual(['2'])
      expect(rejects).toMatchObject([{ key: '1', code: 'MR-5002', message: `v: ${v} is not a double` }])
    },
  )

  it('with lone surrogates and NUL bytes get the sign for what cannot be shown', async () => {
    const { rows } = await stageBatches([{ kind: 'records', records: [{ id: '1', v: 'a\uD800b\0c' }] }], string)
    expect(rows).toMatchObject([{ v: 'a\uFFFDb\uFFFDc' }])
  })
})

describe('pages of records', () => {
  it('of every size and alphabet come out as they went in, and one without a member is refused', async () => {
    const page = (from: number, rows: number, sign: string) =>
      Array.from({ length: rows }, (_, n) => ({ id: String(from + n), v: sign.repeat(100) }))
    const pages = [
      page(0, 3, 'a'),
      page(10, 5000, 'é'),
      page(6000, 2, '水'),
      page(7000, 9000, 'b'),
      page(20_000, 1, '😀'),
    ]
    const batches = [...pages, [{ id: '30000', v: 'last' }, {}]].map(
      (records) => ({ kind: 'records', records }) as const,
    )
    const { rows, staged, rejects } = await stageBatches(batches, string)
    const wanted = [...pages.flat(), { id: '30000', v: 'last' }]
    expect(new Map(rows.map((row) => [row['id'], row['v']]))).toEqual(new Map(wanted.map(({ id, v }) => [id, v])))
    expect(staged.counts).toMatchObject({ read: wanted.length + 1, duplicates: 0, rejected: 1 })
    expect(rejects).toMatchObject([{ code: 'MR-5001' }])
  })
})

describe('lines', () => {
  it('tell JSON null from the text null, whether the file is read as a whole or line by line', async () => {
    const both = [lines('{"id":"1","v":null,"s":"null"}', '{"id":"2","v":"null","s":null}')]
    const types = { id: 'string', v: 'json', s: 'string' } as const
    const whole = await stageBatches(both, types)
    const apart = await stageBatches([...both, lines('broken')], types)
    expect(whole.rows).toMatchObject([
      { v: null, s: 'null' },
      { v: '"null"', s: null },
    ])
    expect(apart.rows).toEqual(whole.rows)
  })

  it('as the page cutter makes them keep the digits of every number, inside JSON too', async () => {
    const { lines: cut } = cutPage(
      Buffer.from(
        '[{"id":"1","d":12345678901234567890.12345,"v":{"n":12345678901234567890.12345,"m":9007199254740993}}]',
      ),
      { records: '' },
    )
    const { rows } = await stageBatches([lines(Buffer.from(cut).toString().trim())], {
      id: 'string',
      d: 'decimal(38,5)',
      v: 'json',
    })
    expect(rows[0]?.['d']).toBe('12345678901234567890.12345')
    expect(rows[0]?.['v']).toContain('12345678901234567890.12345')
    expect(rows[0]?.['v']).toContain('9007199254740993')
  })

  it('with bytes that are not UTF-8 keep their row, and the sign for what cannot be shown', async () => {
    const bad = Buffer.concat([Buffer.from('{"id":"2","v":"a'), Buffer.from([0xff]), Buffer.from('b"}\n')])
    const { rows, staged } = await stageBatches(
      [lines('{"id":"1","v":"é"}'), { kind: 'lines', lines: bad, rows: 1 }],
      string,
    )
    expect(rows).toMatchObject([{ v: 'é' }, { v: 'a\uFFFDb' }])
    expect(staged.counts).toMatchObject({ read: 2, rejected: 0 })
  })

  it('with an escaped lone surrogate are refused, with NUL kept, and the rows beside them load', async () => {
    const { rows, rejects } = await stageBatches(
      [lines('{"id":"1","v":"\\ud800"}', '{"id":"2","v":"a\\u0000b"}', '{"id":"3","v":"ok"}')],
      string,
    )
    expect(rows.map((row) => [row['id'], row['v']])).toEqual([
      ['2', 'a\0b'],
      ['3', 'ok'],
    ])
    expect(rejects).toMatchObject([{ code: 'MR-5003' }])
  })
})

describe('an empty batch', () => {
  it('stages nothing', async () => {
    const { staged } = await stageBatches([{ kind: 'records', records: [] }], string)
    expect(staged).toMatchObject({ path: null, rejects: null, tombstones: null, counts: { read: 0, rejected: 0 } })
  })
})

describe('a file of a vendor', () => {
  const file = (text: string, rows: number, format: 'csv' | 'ndjson' = 'csv') => {
    const path = join(mkdtempSync(join(tmpdir(), 'vendor-')), 'export')
    writeFileSync(path, text)
    return { kind: 'file', path, format, rows } as const
  }

  it('in CSV keeps commas, quotes and line ends inside its cells', async () => {
    const { rows } = await stageBatches([file('id,v\n"1","a,""b""\nc"\n2,\n', 2)], string)
    expect(rows).toMatchObject([
      { id: '1', v: 'a,"b"\nc' },
      { id: '2', v: null },
    ])
  })

  it('stages beside batches of the same chunk', async () => {
    const { rows } = await stageBatches([file('v,id\nfrom csv,1\n', 1), lines('{"id":"2","v":"from json"}')], string)
    expect(rows.map((row) => row['v'])).toEqual(['from csv', 'from json'])
  })

  it('is moved, counted in bytes, and dropped with its chunk', async () => {
    const batch = file('id,v\n1,a\n', 1)
    const writer = openChunk(join(mkdtempSync(join(tmpdir(), 'chunk-')), 'c'))
    await writer.add(batch, readAt)
    expect(writer.chunk()).toMatchObject({ rows: 1, bytes: 9 })
    expect(existsSync(batch.path)).toBe(false)
    await dropChunk(writer.chunk())
    expect(existsSync(writer.chunk().directory)).toBe(false)
  })
})

describe('pages of one chunk', () => {
  const pageAt = (second: number) => new Date(`2026-11-20T10:00:0${second}.000Z`)
  const open = () => openChunk(join(mkdtempSync(join(tmpdir(), 'chunk-')), 'c'))

  it('stand in one file, and each row knows when its own request began', async () => {
    const writer = open()
    await writer.add(lines('{"id":"1","v":"a"}', '{"id":"2","v":"b"}'), pageAt(1))
    await writer.add(lines('{"id":"3","v":"c"}'), pageAt(2))
    const chunk = writer.chunk()
    expect(chunk.files).toHaveLength(1)
    const { rows } = await stageBatches([], string, { chunk })
    expect(rows.map((row) => [row['id'], row['_read_at']])).toEqual([
      ['1', '2026-11-20 10:00:01'],
      ['2', '2026-11-20 10:00:01'],
      ['3', '2026-11-20 10:00:02'],
    ])
  })

  it('keep the order in which they came where a line needs a file of its own', async () => {
    const writer = open()
    for (const line of ['{"id":"1","v":"a"}', ' {"id":"1","v":"b"}', '{"id":"1","v":"c"}', '{}'])
      await writer.add(lines(line), pageAt(1))
    expect(writer.chunk().files.map(({ rows }) => rows)).toEqual([1, 1, 1, 1])
    const { rows, rejects, staged } = await stageBatches([], string, { chunk: writer.chunk() })
    expect(rows).toMatchObject([{ id: '1', v: 'c' }])
    expect(staged.counts).toMatchObject({ read: 4, duplicates: 2, rejected: 1 })
    expect(rejects).toMatchObject([{ code: 'MR-5001' }])
  })

  it('can be taken as far as a mark: what came after it is gone', async () => {
    const writer = open()
    await writer.add(lines('{"id":"1"}'), pageAt(1))
    const mark = writer.mark()
    await writer.add(lines('{"id":"2"}'), pageAt(2))
    await writer.add(lines(' {"id":"3"}'), pageAt(3))
    const chunk = writer.chunk(mark)
    expect(chunk).toMatchObject({ rows: 1, bytes: statSync(chunk.files[0]?.path ?? '').size })
    const { rows } = await stageBatches([], string, { chunk })
    expect(rows.map((row) => row['id'])).toEqual(['1'])
  })

  it('show a line that is no JSON as it came', async () => {
    const writer = open()
    await writer.add(lines('{"id":"1","v":"a"}', '{"id":"2",,"v"'), pageAt(1))
    const { rows, rejects } = await stageBatches([], string, { chunk: writer.chunk() })
    expect(rows).toMatchObject([{ id: '1', _read_at: '2026-11-20 10:00:01' }])
    expect(rejects).toHaveLength(1)
    expect(JSON.parse(rejects[0]?.['row'] ?? '')).toMatchObject({ _line: '{"id":"2",,"v"' })
  })

  it('larger than a file, or than what is kept in memory, come back row by row', async () => {
    const writer = open()
    const large = 'x'.repeat(700_000)
    for (let n = 10; n < 30; n++)
      await writer.add(lines(`{"id":"${n}","v":"${large}"}`, `{"id":"${n}b","v":"${n % 2 ? 'y' : large}"}`), pageAt(1))
    const chunk = writer.chunk()
    expect(chunk.files.length).toBeGreaterThan(1)
    const { rows } = await stageBatches([], string, { chunk })
    expect(rows).toHaveLength(40)
    expect(rows.filter((row) => row['v'] === large)).toHaveLength(30)
  })
})

it('that cannot be written or cleared away is told in words, and is no bug', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-spool-'))
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const batch = { kind: 'records', records: [{ id: 1 }] } as const
  const refusal = { code: 'MR-2008', retry: 'later', kept: expect.stringContaining('last checkpoint') }
  await expect(openChunk(join(file, 'chunk')).add(batch, readAt)).rejects.toMatchObject(refusal)
  await expect(dropSpooled(join(file, 'chunk'))).rejects.toMatchObject(refusal)
  const chunk = openChunk(join(folder, 'chunk'))
  await chunk.add(batch, readAt)
  rmSync(join(folder, 'chunk'), { recursive: true })
  expect(() => chunk.chunk()).toThrow(expect.objectContaining(refusal))
})
