import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogicalType } from '../../src/model/logical-type.ts'
import { canonicalJson } from '../../src/reverse-etl/canonical-json.ts'
import { canEncode, encodeValue, type FieldKind } from '../../src/reverse-etl/encode-value.ts'

/** What goes out on the wire; or, after a !, why nothing does. */
function wire(text: string | null, type: LogicalType, field: FieldKind): string {
  const encoded = encodeValue(text, type, field)
  return encoded.ok ? JSON.stringify(encoded.value) : `!${encoded.reason}`
}

describe('encodeValue', () => {
  it.each<[LogicalType, FieldKind, string, string]>([
    // number
    ['integer', 'number', '9007199254740992', '9007199254740992'],
    ['integer', 'number', '9007199254740993', '9007199254740993'],
    ['integer', 'number', '-9223372036854775808', '-9223372036854775808'],
    ['decimal(38,0)', 'number', '12345678901234567890123456789012345678', '12345678901234567890123456789012345678'],
    ['decimal(38,10)', 'number', '1234567890123456789012345678.0123456789', '1234567890123456789012345678.0123456789'],
    ['decimal(9,2)', 'number', '1.50', '1.5'],
    ['decimal(9,2)', 'number', '2.00', '2'],
    ['decimal(9,2)', 'number', '0.00', '0'],
    ['decimal(4,4)', 'number', '.1230', '0.123'],
    [
      'decimal(38,38)',
      'number',
      '-.00000000000000000000000000000000000001',
      '-0.00000000000000000000000000000000000001',
    ],
    ['decimal(3,3)', 'string', '.000', '"0"'],
    ['decimal(3,3)', 'number', '.', '!. is not a number that can be sent'],
    ['double', 'number', '-0.0', '0'],
    ['double', 'number', '0.1', '0.1'],
    ['double', 'number', '1e+300', `1${'0'.repeat(300)}`],
    ['double', 'number', '1.2345678901234568e+17', '123456789012345680'],
    ['double', 'number', 'nan', '!nan is not a number that can be sent'],
    ['double', 'number', 'inf', '!inf is not a number that can be sent'],
    ['double', 'number', '-inf', '!-inf is not a number that can be sent'],
    // string
    ['string', 'string', '007', '"007"'],
    ['string', 'string', '', '""'],
    ['string', 'string', 'a\ud800b', '"a\ufffdb"'],
    ['integer', 'string', '9007199254740993', '"9007199254740993"'],
    ['decimal(9,2)', 'string', '1.50', '"1.5"'],
    ['double', 'string', '-0.0', '"0"'],
    ['double', 'string', 'nan', '!nan is not a number that can be sent'],
    ['boolean', 'string', 'true', '"true"'],
    ['date', 'string', '2026-11-20', '"2026-11-20"'],
    ['date', 'string', 'infinity', '!infinity is not a date that can be sent'],
    ['date', 'string', '0044-03-15 (BC)', '!0044-03-15 (BC) is not a date that can be sent'],
    ['timestamp', 'string', '2026-11-20 09:55:00', '"2026-11-20T09:55:00Z"'],
    ['timestamp', 'string', 'infinity', '!infinity is not an instant that can be sent'],
    ['json', 'string', '{"b":1.0,"a":[12345678901234567890]}', '"{\\"a\\":[12345678901234567890],\\"b\\":1}"'],
    // boolean
    ['boolean', 'boolean', 'true', 'true'],
    ['boolean', 'boolean', 'false', 'false'],
    ['string', 'boolean', 'true', '!a string is not a boolean'],
    ['integer', 'boolean', '1', '!a integer is not a boolean'],
    // date
    ['date', 'date', '0001-01-01', '"0001-01-01"'],
    ['date', 'date', '9999-12-31', '"9999-12-31"'],
    ['date', 'date', '10000-01-01', '!10000-01-01 is not a date that can be sent'],
    ['string', 'date', '20.11.2026', '!20.11.2026 is not a date that can be sent'],
    // timestamp
    ['timestamp', 'timestamp', '2026-11-20 09:55:00', '"2026-11-20T09:55:00Z"'],
    ['timestamp', 'timestamp', '2026-11-20 09:55:00.120000', '"2026-11-20T09:55:00.12Z"'],
    ['timestamp', 'timestamp', '2026-11-20 09:55:00.000001', '"2026-11-20T09:55:00.000001Z"'],
    ['date', 'timestamp', '2026-11-20', '"2026-11-20T00:00:00Z"'],
    ['timestamp', 'timestamp', 'infinity', '!infinity is not an instant that can be sent'],
    [
      'timestamp',
      'timestamp',
      '0044-03-15 (BC) 00:00:00',
      '!0044-03-15 (BC) 00:00:00 is not an instant that can be sent',
    ],
    ['timestamp', 'timestamp', '10000-01-01 00:00:00', '!10000-01-01 00:00:00 is not an instant that can be sent'],
    // unix_seconds
    ['timestamp', 'unix_seconds', '1970-01-01 00:00:01.999', '1'],
    ['timestamp', 'unix_seconds', '1969-12-31 23:59:59.5', '-1'],
    ['date', 'unix_seconds', '1970-01-02', '86400'],
    ['integer', 'unix_seconds', '12', '12'],
    ['timestamp', 'unix_seconds', '-infinity', '!-infinity is not an instant that can be sent'],
    // json and any
    ['json', 'json', '{"b":12345678901234567890,"a":null}', '{"b":12345678901234567890,"a":null}'],
    ['json', 'any', '[0.1234567890123456789]', '[0.1234567890123456789]'],
    ['json', 'json', '{', '!{ is not JSON'],
    ['string', 'any', '1', '"1"'],
    ['integer', 'any', '1', '1'],
    ['double', 'json', 'nan', '!nan is not a number that can be sent'],
    ['boolean', 'any', 'false', 'false'],
    ['date', 'any', '2026-11-20', '"2026-11-20"'],
    ['timestamp', 'json', '2026-11-20 09:55:00', '"2026-11-20T09:55:00Z"'],
  ])('%s → %s: %s becomes %s', (type, field, text, expected) => {
    expect(wire(text, type, field)).toBe(expected)
  })

  const types: readonly LogicalType[] = [
    'string',
    'integer',
    'decimal(9,2)',
    'double',
    'boolean',
    'date',
    'timestamp',
    'json',
    'binary',
  ]
  const fields: readonly FieldKind[] = [
    'string',
    'number',
    'boolean',
    'date',
    'timestamp',
    'unix_seconds',
    'json',
    'any',
  ]

  it('makes null of null, for every type and field', () => {
    for (const type of types) for (const field of fields) expect(wire(null, type, field)).toBe('null')
  })

  it('is only asked for pairs that can be', () => {
    const can = Object.fromEntries(
      fields.map((field) => [field, types.filter((type) => canEncode(type, field)).join(' ')]),
    )
    const allButBinary = 'string integer decimal(9,2) double boolean date timestamp json'
    expect(can).toEqual({
      string: allButBinary,
      number: 'integer decimal(9,2) double',
      boolean: 'boolean',
      date: 'string date',
      timestamp: 'date timestamp',
      unix_seconds: 'integer date timestamp',
      json: allButBinary,
      any: allButBinary,
    })
  })

  it.each(['string', 'json', 'any'] as const)('takes JSON of 500 levels into a %s, and no deeper one', (field) => {
    const nested = (levels: number, inner = '') => `${'[{"a":'.repeat(levels / 2)}[${inner}]${'}]'.repeat(levels / 2)}`
    const long = '12345678901234567890'
    expect(wire(nested(498, `[${long}]`), 'json', field)).not.toMatch(/^!/)
    const refusal = '!it is nested more than 500 levels deep'
    for (const deep of [nested(500), nested(500, long), nested(40_000), nested(40_000, long)])
      expect(wire(deep, 'json', field)).toBe(refusal)
  })

  it('shows no more than the beginning of a long value', () => {
    expect(wire('x'.repeat(500), 'string', 'date')).toBe(`!${'x'.repeat(40)}… is not a date that can be sent`)
  })
})

describe('canonicalJson', () => {
  it.each([
    ['{"b":1,"a":{"d":2,"c":3}}', '{"a":{"c":3,"d":2},"b":1}'],
    ['[3,1,2]', '[3,1,2]'],
    ['{"rawJSON":"1","a":2}', '{"a":2,"rawJSON":"1"}'],
    ['{"__proto__":1,"a":2}', '{"__proto__":1,"a":2}'],
    ['"line\\u2028"', '"line\u2028"'],
    ['null', 'null'],
  ])('of %s is %s', (text, canonical) => {
    expect(canonicalJson(JSON.parse(text))).toBe(canonical)
  })

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}')
  })

  const canonical = (text: string) => {
    const encoded = encodeValue(text, 'json', 'json')
    return encoded.ok ? canonicalJson(encoded.value) : `!${encoded.reason}`
  }

  it('does not care for the order of keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = Object.fromEntries(Object.entries(object).toReversed())
        expect(canonical(JSON.stringify(reversed))).toBe(canonical(JSON.stringify(object)))
      }),
    )
  })

  it('does not care how a number is spelled, and tells numbers apart that differ in any digit', () => {
    const digits = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n })
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        expect(canonical(`{"n":${a}.000}`)).toBe(canonical(`{"n":${a}.0E+0}`))
        expect(canonical(`[${a}]`) === canonical(`[${b}]`)).toBe(a === b)
      }),
    )
  })

  it('is the same for two JSON texts only where they mean the same', () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (a, b) => {
        // -0 is 0 here.
        const meaning = (text: string): unknown =>
          JSON.parse(text, (_name, value: unknown) => (value === 0 ? 0 : value))
        if (canonical(a) === canonical(b)) expect(meaning(a)).toEqual(meaning(b))
        expect(canonical(canonical(a))).toBe(canonical(a))
      }),
    )
  })
})
