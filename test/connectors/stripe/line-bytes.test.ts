import fc from 'fast-check'
import { cutPage } from 'millrace'
import { describe, expect, it } from 'vitest'
import { eachLine, extendLines, findText, findValue } from '../../../connectors/stripe/line-bytes.ts'

const lineOf = (record: unknown) => cutPage(Buffer.from(JSON.stringify([record], null, 2)), { records: '' }).lines
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString()

describe('a line', () => {
  it('finds the top-level value of any key of any object', () => {
    // Numbers apart: their spelling is the page cutter's affair.
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom('"', '\\', '\\"', '{', '}]', ','),
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('tree'), { maxKeys: 3 }),
      ),
    }))
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((key) => JSON.stringify(key) === `"${key}"`),
          tree,
          { minKeys: 1 },
        ),
        (record) => {
          const line = lineOf(record)
          for (const [key, value] of Object.entries(record))
            expect(textOf(findValue(line, key))).toBe(JSON.stringify(value))
          expect(findValue(line, 'not there')).toBe(record['not there'] === undefined ? undefined : expect.anything())
        },
      ),
    )
  })

  it('does not take a nested key or a value for it', () => {
    expect(findText(lineOf({ a: { id: 'no' }, b: '"id":"no"', c: ['id', 'no'], id: 'yes' }), 'id')).toBe('yes')
    expect(findText(lineOf({ a: { id: 'no' } }), 'id')).toBeUndefined()
  })

  it('keeps its digits when fields are added to it', () => {
    const page = '{"data": [ { "a": 12345678901234567890.10, "b": 9007199254740993 },\n { "a": 1e400 } ]}'
    const { lines, rows } = cutPage(Buffer.from(page), { records: 'data' })
    const before = [...eachLine(lines)].map(textOf)
    const after = [...eachLine(extendLines(lines, rows, { _x: 'é"' }))].map(textOf)
    expect(after).toEqual(before.map((line) => `${line?.slice(0, -1)},"_x":"é\\""}`))
    expect(after[0]).toContain('9007199254740993')
  })

  it('is nothing in an empty page', () => {
    expect([...eachLine(extendLines(new Uint8Array(), 0, { a: 'b' }))]).toEqual([])
  })
})
