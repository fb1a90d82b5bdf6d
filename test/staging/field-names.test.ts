import { describe, expect, it } from 'vitest'
import { lines, stageBatches } from './stage.ts'

const nasty = [
  'r0',
  'r1',
  '_bad',
  '_raw',
  '_file',
  '_malformed',
  '_order',
  'line',
  'v',
  'staged',
  'select',
  'a.b',
  "it's",
  'se"micolon;',
  '🙂',
  'back\\slash',
  'end\\',
  'x\\"',
  '*',
  'a/b',
  '~1',
  ' ',
]

describe('fields of any name', () => {
  const types = Object.fromEntries(['id', ...nasty].map((name) => [name, 'string' as const]))
  const record = Object.fromEntries(['id', ...nasty].map((name) => [name, `${name} value`]))
  const columns = ['id', ...nasty].map((field, index) => ({
    field,
    column: index === 0 ? 'id' : nasty.slice(0, 10).includes(field) ? field : `c${index}`,
    type: 'string' as const,
  }))

  it('keep their values', async () => {
    const { rows } = await stageBatches([{ kind: 'records', records: [record] }], types, { columns })
    for (const { field, column } of columns) expect(rows[0]?.[column]).toBe(`${field} value`)
  })

  it('keep their values beside a line that is broken', async () => {
    const { rows, rejects } = await stageBatches([{ kind: 'records', records: [record] }, lines('{"id":')], types, {
      columns,
    })
    for (const { field, column } of columns) expect([field, rows[0]?.[column]]).toEqual([field, `${field} value`])
    expect(rejects).toHaveLength(1)
  })

  it('are told apart where only their case differs', async () => {
    const cased = [
      { field: 'id', column: 'id' },
      { field: 'Name', column: 'name' },
      { field: 'NAME', column: 'name_2' },
    ]
    const { rows } = await stageBatches(
      [lines('{"id":"1","Name":"lower","NAME":"upper"}')],
      {},
      { columns: cased.map((column) => ({ ...column, type: 'string' })) },
    )
    expect(rows).toMatchObject([{ name: 'lower', name_2: 'upper' }])
  })

  it.each(nasty)('cost one row where a value of %j does not fit, and not the stream', async (field) => {
    const { rejects } = await stageBatches(
      [{ kind: 'records', records: [{ id: '1', [field]: 'value' }] }],
      {},
      {
        columns: [
          { field: 'id', column: 'id', type: 'string' },
          { field, column: 'c', type: 'integer' },
        ],
      },
    )
    expect(rejects).toMatchObject([{ key: '1', message: `${field}: value is not a integer` }])
  })

  it('say in their reject which one failed', async () => {
    const { rejects } = await stageBatches([{ kind: 'records', records: [{ id: '1', "it's": 'x' }] }], {
      id: 'string',
      "it's": 'integer',
    })
    expect(rejects).toMatchObject([{ key: '1', message: "it's: x is not a integer" }])
  })
})
