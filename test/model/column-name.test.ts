import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { columnNames } from '../../src/model/column-name.ts'
import { metaColumns } from '../../src/model/table.ts'

const fields = fc.uniqueArray(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 10 }),
    fc.constantFrom('Id', 'ID', 'id', 'i_d', 'id_2', '_version', '_Version', 'rowid', 'RowId', 'é', 'É', '2fa', '_2fa'),
  ),
  { maxLength: 20 },
)

describe('column names', () => {
  test.each([
    ['LastModifiedDate', 'last_modified_date'],
    ['MRR__c', 'mrr__c'],
    ['HTTPStatus', 'http_status'],
    ['billing.address.city', 'billing_address_city'],
    ['2fa', '_2fa'],
    ['', '_'],
    ['🙂', '_'],
    ['Größe', 'größe'],
    ['_version', '_version_2'],
    ['rowid', 'rowid_2'],
  ])('%j becomes %j', (field, column) => {
    expect(columnNames([field]).get(field)).toBe(column)
  })

  test('never fall together, in whatever case a warehouse compares them', () => {
    fc.assert(
      fc.property(fields, (all) => {
        const names = [...columnNames(all).values()].map((name) => name.toLowerCase())
        expect(new Set(names).size).toBe(all.length)
      }),
    )
  })

  test('do not depend on the order in which the vendor gives its fields', () => {
    fc.assert(
      fc.property(
        fields.chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))),
        ([all, shuffled]) => {
          const names = columnNames(all)
          for (const [field, name] of columnNames(shuffled)) expect(names.get(field)).toBe(name)
        },
      ),
    )
  })

  test('are never one of our own, and never need more than letters, digits and underscores', () => {
    const own: readonly string[] = metaColumns.map(({ name }) => name)
    fc.assert(
      fc.property(fields, (all) => {
        for (const name of columnNames(all).values()) {
          expect(own).not.toContain(name)
          expect(name).toMatch(/^[\p{L}\p{N}_]+$/u)
        }
      }),
    )
  })

  test('leave a field alone that is its own column name', () => {
    expect(Object.fromEntries(columnNames(['ID', 'Id', 'id']))).toEqual({ id: 'id', ID: 'id_2', Id: 'id_3' })
  })
})
