import type { LogicalType } from '../../src/model/logical-type.ts'

/** One macro, and what it gives on every warehouse. `json(text)` is a literal of the warehouse's. */
export type MacroCase = readonly [
  title: string,
  type: LogicalType,
  macro: string | ((json: (text: string) => string) => string),
  gives: string | null,
]

const ts = (text: string) => `cast('${text}' as timestamp)`
const day = (text: string) => `cast('${text}' as date)`

const dates: readonly MacroCase[] = [
  ['days back', 'timestamp', `dateadd('day', -7, ${ts('2024-03-05 10:30:00')})`, '2024-02-27 10:30:00'],
  ['a date becomes a timestamp', 'timestamp', `dateadd('day', 1, ${day('2023-12-31')})`, '2024-01-01 00:00:00'],
  [
    'a month after 31 January, leap year',
    'timestamp',
    `dateadd('month', 1, ${day('2024-01-31')})`,
    '2024-02-29 00:00:00',
  ],
  ['a month after 31 January', 'timestamp', `dateadd('month', 1, ${day('2023-01-31')})`, '2023-02-28 00:00:00'],
  ['a month after 29 February', 'timestamp', `dateadd('month', 1, ${day('2024-02-29')})`, '2024-03-29 00:00:00'],
  ['a month before 31 March', 'timestamp', `dateadd('month', -1, ${day('2024-03-31')})`, '2024-02-29 00:00:00'],
  ['a year after 29 February', 'timestamp', `dateadd('year', 1, ${day('2024-02-29')})`, '2025-02-28 00:00:00'],
  ['two quarters back', 'timestamp', `dateadd('quarter', -2, ${day('2024-08-31')})`, '2024-02-29 00:00:00'],
  ['a week', 'timestamp', `dateadd('week', 1, ${day('2024-02-29')})`, '2024-03-07 00:00:00'],
  ['hours', 'timestamp', `dateadd('hour', 25, ${ts('2024-02-28 23:30:00')})`, '2024-03-01 00:30:00'],
  [
    'minutes and seconds',
    'timestamp',
    `dateadd('minute', -1, dateadd('second', 61, ${day('2024-01-01')}))`,
    '2024-01-01 00:00:01',
  ],
  ['milliseconds', 'timestamp', `dateadd('millisecond', 1500, ${day('2024-01-01')})`, '2024-01-01 00:00:01.5'],
  ['microseconds', 'timestamp', `dateadd('microsecond', -1, ${day('2024-01-01')})`, '2023-12-31 23:59:59.999999'],
  [
    'a count that is an expression',
    'timestamp',
    `dateadd('day', 1 + 1 * 2, ${day('2024-01-01')})`,
    '2024-01-04 00:00:00',
  ],
  [
    'a count with a fraction is rounded',
    'timestamp',
    `dateadd('day', 1.5, ${day('2024-01-01')})`,
    '2024-01-03 00:00:00',
  ],
  [
    'a count below zero with a fraction',
    'timestamp',
    `dateadd('month', -1.5, ${day('2024-03-31')})`,
    '2024-01-31 00:00:00',
  ],
  ['a count of null', 'timestamp', `dateadd('day', cast(null as integer), ${day('2024-01-01')})`, null],
  ['null and a count', 'timestamp', `dateadd('month', 1, cast(null as date))`, null],
  ['days between', 'integer', `datediff('day', ${ts('2024-02-28 23:59:59')}, ${ts('2024-03-01 00:00:00')})`, '2'],
  ['days backwards', 'integer', `datediff('day', ${day('2024-03-01')}, ${day('2024-02-28')})`, '-2'],
  [
    'hours are boundaries',
    'integer',
    `datediff('hour', ${ts('2024-01-01 00:59:59')}, ${ts('2024-01-01 01:00:00')})`,
    '1',
  ],
  ['hours before 1970', 'integer', `datediff('hour', ${ts('1969-12-31 23:59:59')}, ${ts('1970-01-01 00:59:59')})`, '1'],
  ['months are boundaries', 'integer', `datediff('month', ${day('2024-01-31')}, ${day('2024-02-01')})`, '1'],
  ['years are boundaries', 'integer', `datediff('year', ${day('2023-12-31')}, ${day('2024-01-01')})`, '1'],
  ['quarters', 'integer', `datediff('quarter', ${day('2023-12-31')}, ${day('2024-07-01')})`, '3'],
  ['a week begins on Monday', 'integer', `datediff('week', ${day('2024-01-07')}, ${day('2024-01-08')})`, '1'],
  ['a week does not begin on Sunday', 'integer', `datediff('week', ${day('2024-01-06')}, ${day('2024-01-07')})`, '0'],
  ['weeks over 1970, backwards', 'integer', `datediff('week', ${day('1970-01-05')}, ${day('1969-12-28')})`, '-2'],
  ['seconds', 'integer', `datediff('second', ${ts('2024-01-01 00:00:00.9')}, ${ts('2024-01-01 00:00:01.1')})`, '1'],
  [
    'microseconds between',
    'integer',
    `datediff('microsecond', ${day('2024-01-01')}, ${day('2024-01-02')})`,
    '86400000000',
  ],
  ['to null', 'integer', `datediff('day', ${day('2024-01-01')}, cast(null as date))`, null],
]

const order = `{"a":{"b":"x","n":null,"odd.name":7},"items":[{"sku":"k1"},[10,20],null],"t":true,"s":"Zoë \\"q\\" 'p'","": 1}`
const text = (
  document: string,
  path: string,
  gives: string | null,
  title = `${path} of ${document.slice(0, 40)}`,
): MacroCase => [`text: ${title}`, 'string', (json) => `json_text(${json(document)}, '${path}')`, gives]
const value = (document: string, path: string, gives: string | null): MacroCase => [
  `json: ${path} of ${document.slice(0, 60)}`,
  'json',
  (json) => `json_value(${json(document)}, '${path}')`,
  gives,
]

const json: readonly MacroCase[] = [
  text(order, 'a.b', 'x'),
  text(order, 'a.n', null, 'a null of JSON is SQL’s null'),
  text(order, 'a.none.deeper', null),
  text(order, 'a."odd.name"', '7'),
  text(order, 'items[0].sku', 'k1'),
  text(order, 'items[1][1]', '20'),
  text(order, 'items[2]', null),
  text(order, 'items[9]', null),
  text(order, 'items.sku', null, 'a name of a list'),
  text(order, 'a[0]', null, 'a position in an object'),
  text(order, 't', 'true'),
  text(order, 's', `Zoë "q" 'p'`),
  text(order, 'a', null, 'an object is no text'),
  text(order, 'items', null, 'a list is no text'),
  text('{"A":1}', 'a', null, 'names are told apart by case'),
  text('{"n":12345678901234567890}', 'n', '12345678901234567890'),
  text('{"n":-12345678901234567890123456789012345678}', 'n', '-12345678901234567890123456789012345678'),
  text('{"n":1.50}', 'n', '1.5'),
  text('{"n":100}', 'n', '100'),
  text('{"n":100.00}', 'n', '100'),
  text('{"n":-0.5}', 'n', '-0.5'),
  text('{"n":0}', 'n', '0'),
  text('{"n":1e3}', 'n', '1000'),
  text('{"n":"1.50"}', 'n', '1.50', 'a text of digits stays as it is'),
  text('null', 'n', null),
  ['text: of the value itself', 'string', (literal) => `json_text(${literal('"x"')})`, 'x'],
  ['text: of nothing', 'string', (literal) => `json_text(nullif(${literal('1')}, ${literal('1')}), 'a')`, null],
  value(order, 'a.b', '"x"'),
  value(order, 'a.n', 'null'),
  value(order, 'a.none', null),
  value(order, 'items[1]', '[10,20]'),
  value('{"n":12345678901234567890}', 'n', '12345678901234567890'),
]

/** Fractions of more digits than a double holds. */
export const longFractions: readonly MacroCase[] = [
  text('{"n":0.12345678901234567890}', 'n', '0.1234567890123456789'),
  text('{"s":"\\"1.5","n":1234567890123456.789}', 'n', '1234567890123456.789'),
  value(
    '{"n":{"m":0.1234567890123456789,"s":"0.12345678901234567890"}}',
    'n',
    '{"m":0.1234567890123456789,"s":"0.12345678901234567890"}',
  ),
]

const cast = (type: LogicalType, written: string, gives: string | null): MacroCase => [
  `${type} of ${written}`,
  type,
  `try_cast('${written}', '${type}')`,
  gives,
]

const casts: readonly MacroCase[] = [
  cast('string', ' x ', ' x '),
  cast('integer', '42', '42'),
  cast('integer', '-007', '-7'),
  cast('integer', '+5', '5'),
  cast('integer', '9223372036854775807', '9223372036854775807'),
  cast('integer', '-9223372036854775808', '-9223372036854775808'),
  cast('integer', '9223372036854775808', null),
  cast('integer', '12345678901234567890', null),
  cast('integer', '1.0', null),
  cast('integer', '1e3', null),
  cast('integer', ' 1', null),
  cast('integer', '1_000', null),
  cast('integer', '0x1F', null),
  cast('integer', '', null),
  cast('integer', 'x', null),
  cast('decimal(5,2)', '123.45', '123.45'),
  cast('decimal(5,2)', '-1', '-1.00'),
  cast('decimal(5,2)', '0001.5000', '1.50'),
  cast('decimal(5,2)', '1.234', null),
  cast('decimal(5,2)', '1234', null),
  cast('decimal(5,2)', '.5', null),
  cast('decimal(2,2)', '0.12', '0.12'),
  cast('decimal(2,2)', '1.12', null),
  cast('decimal(38,0)', '12345678901234567890123456789012345678', '12345678901234567890123456789012345678'),
  cast('decimal(26,12)', '12.345678901234', '12.345678901234'),
  cast('double', '1.5e3', '1500'),
  cast('double', '-.25', '-0.25'),
  cast('double', '1.', '1'),
  cast('double', '1e999', null),
  cast('double', 'NaN', null),
  cast('double', 'inf', null),
  cast('boolean', 'TRUE', 'true'),
  cast('boolean', 'off', 'false'),
  cast('boolean', '1', 'true'),
  cast('boolean', '2', null),
  cast('boolean', ' true', null),
  cast('date', '2024-02-29', '2024-02-29'),
  cast('date', '2023-02-29', null),
  cast('date', '2024-2-9', null),
  cast('date', '20240229', null),
  cast('date', '0000-01-01', null),
  cast('date', '2024-01-01 00:00:00', null),
  cast('timestamp', '2024-01-01 10:00:00', '2024-01-01 10:00:00'),
  cast('timestamp', '2024-01-01T10:00:00.123456Z', '2024-01-01 10:00:00.123456'),
  cast('timestamp', '2024-01-01T10:00:00.1234567Z', null),
  cast('timestamp', '2024-01-01T00:30:00+02:00', '2023-12-31 22:30:00'),
  cast('timestamp', '2024-01-01T00:00:00.5-0530', '2024-01-01 05:30:00.5'),
  cast('timestamp', '2024-01-01', '2024-01-01 00:00:00'),
  cast('timestamp', '2024-01-01T24:00:00', null),
  cast('timestamp', '2024-02-30T10:00:00', null),
  cast('timestamp', '2024-01-01T10:00', null),
  cast('timestamp', '1704067200', null),
  ['integer of null', 'integer', `try_cast(cast(null as varchar), 'integer')`, null],
  [
    'a macro within a macro',
    'decimal(26,12)',
    (literal) => `try_cast(json_text(${literal('{"p":"12.50"}')}, 'p'), 'decimal(26,12)')`,
    '12.500000000000',
  ],
]

const quotients: readonly MacroCase[] = [
  ['a quotient is cut', 'decimal(38,0)', 'div(7, 2)', '3'],
  ['towards zero', 'decimal(38,0)', 'div(-7, 2)', '-3'],
  ['never rounded', 'decimal(38,0)', 'div(1999999999, 2000000000)', '0'],
  ['with all its digits', 'decimal(38,0)', 'div(12345678901234567890123456789, 10)', '1234567890123456789012345678'],
  ['by zero', 'decimal(38,0)', 'div(1, 0)', null],
  ['of null', 'decimal(38,0)', 'div(cast(null as integer), 2)', null],
]

export const macroCases: readonly MacroCase[] = [...quotients, ...dates, ...json, ...casts]

/** Rows of `id`, `index` and the item's text. */
export const flattenCases: readonly (readonly [title: string, items: string, rows: readonly string[][]])[] = [
  [
    'each item has its position',
    '["a","b"]',
    [
      ['0', '"a"'],
      ['1', '"b"'],
    ],
  ],
  [
    'a null among them is an item',
    '[null,1]',
    [
      ['0', 'null'],
      ['1', '1'],
    ],
  ],
  ['digits stay', '[12345678901234567890]', [['0', '12345678901234567890']]],
  [
    'items of any kind',
    '[{"a":[1]},[2]]',
    [
      ['0', '{"a":[1]}'],
      ['1', '[2]'],
    ],
  ],
  ['an empty list has no rows', '[]', []],
  ['an object has no rows', '{"a":1}', []],
  ['a null of JSON has no rows', 'null', []],
]
