import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCsv } from '../../../connectors/customerio/csv.ts'
import { openLines } from '../../../connectors/customerio/person-line.ts'

/** In chunks of so many bytes, so that every cut falls somewhere. */
async function* chunks(text: string, size: number) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const read = (text: string, size = 7) => Array.fromAsync(readCsv(chunks(text, size)))
const quoted = (cell: string) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)

describe('a CSV file', () => {
  it('comes back cell by cell, wherever its bytes are cut', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', 'é', '😀', ' ') })
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (wanted, size, end, isEnded) => {
          const text = wanted.map((cells) => cells.map(quoted).join(',')).join(end) + (isEnded ? end : '')
          expect(await read(text, size)).toEqual(wanted)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('may begin with a byte order mark', async () => {
    expect(await read('\ufeffid,email\n1,a@b.example\n')).toEqual([
      ['id', 'email'],
      ['1', 'a@b.example'],
    ])
  })

  it.each([
    ['a quote that is not closed', 'id\n"12', 'ends within a quoted cell'],
    ['text behind a quote', 'id\n"1"2\n', 'after a closing quote'],
  ])('is refused with %s', async (_what, text, message) => {
    await expect(read(text)).rejects.toMatchObject({ code: 'MR-3005', message: expect.stringContaining(message) })
  })

  it('is refused with bytes that are not UTF-8', async () => {
    const bytes = (async function* () {
      yield Buffer.from([0x69, 0x0a, 0xff, 0x0a])
    })()
    await expect(Array.fromAsync(readCsv(bytes))).rejects.toMatchObject({ code: 'MR-3005' })
  })
})

describe('a person’s line', () => {
  const line = (header: readonly string[], cells: readonly string[]) => JSON.parse(openLines(header)(cells))

  it('has what is no instant among the attributes, where it is not lost', () => {
    expect(line(['cio_id', 'created_at'], ['a3', 'yesterday'])).toMatchObject({
      created_at: null,
      attributes: { created_at: 'yesterday' },
    })
    expect(line(['cio_id', 'created_at'], ['a3', '2026-01-01T00:00:00Z'])).toMatchObject({
      created_at: '2026-01-01T00:00:00Z',
      attributes: {},
    })
  })

  it.each([
    ['true', true],
    ['1', true],
    ['', false],
    ['0', false],
    ['yes', false],
  ])('takes unsubscribed %j for %s, as Customer.io does', (text, unsubscribed) => {
    expect(line(['cio_id', 'unsubscribed'], ['a3', text])).toMatchObject({ unsubscribed })
  })

  it('takes a column that stands there twice once, names that mean something in JavaScript, and NUL characters', () => {
    const person = line(['id', 'cio_id', 'id', '__proto__', 'x'], ['', 'cio_a3', '7', 'odd', 'a\0\\u0000b'])
    expect(person).toMatchObject({ id: '7', cio_id: 'a3' })
    expect(Object.entries(person.attributes)).toEqual([
      ['__proto__', 'odd'],
      ['x', 'a\ufffd\\u0000b'],
    ])
  })

  it('is not made without a cio_id in the header, or of a row that was cut', () => {
    expect(() => openLines(['id', 'email'])).toThrow(/without a column cio_id/)
    expect(() => line(['cio_id', 'id'], ['a3'])).toThrow(/1 cells under 2 columns/)
  })
})
