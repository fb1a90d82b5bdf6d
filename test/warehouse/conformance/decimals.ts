import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { minorUnitDecimals, usualDecimals } from '../../../src/model/minor-units.ts'
import type { DecimalView } from '../../../src/warehouse/decimal-view.ts'
import { useWorkbench, type Columns, type OpenWarehouse, type Row } from '../workbench.ts'

export function decimalConformance(open: OpenWarehouse): void {
  describe('the view of amounts as decimals', () => {
    const bench = useWorkbench(open)
    type Cells = { readonly [column: string]: string | number | null }

    async function build(columns: Columns, rows: readonly Cells[], amounts: readonly string[]) {
      const all: Columns = { id: 'integer', currency: 'string', ...columns }
      await bench().load({
        table: 'charges',
        columns: all,
        rows: rows.map((cells, id): Row => ({ id, ...cells, _version: 1, _read_at: 1 })),
      })
      await ensure(amounts)
    }
    async function ensure(amounts: readonly string[]) {
      await bench().session(async (session) => {
        const table = await session.introspect('crm', 'charges')
        const view: DecimalView = {
          schema: 'crm',
          name: 'charges_decimal',
          table: 'charges',
          columns: table?.columns ?? [],
          currency: 'currency',
          amounts: amounts.map((column) => ({ column, as: `${column}_decimal` })),
        }
        await session.ensureDecimals(view)
      })
    }
    const decimals = async (column = 'amount_decimal') =>
      (await bench().rows(`SELECT ${column} AS d FROM crm.charges_decimal ORDER BY id`)).map((row) => row['d'])

    test('divides by what the currency of the row has: hundredths, thousandths, nothing', async () => {
      const rows = [
        [1000, 'usd'],
        [500, 'jpy'],
        [5120, 'kwd'],
        [1, 'EUR'],
        [-1999, 'eur'],
        [0, 'usd'],
      ] as const
      await build(
        { amount: 'integer' },
        rows.map(([amount, currency]) => ({ amount, currency })),
        ['amount'],
      )
      expect(await decimals()).toEqual(['10.000', '500.000', '5.120', '0.010', '-19.990', '0.000'])
    })

    test('takes ISK, UGX, HUF and TWD for hundredths, as Stripe’s amounts are, and MGA for whole ones', async () => {
      const codes = ['isk', 'ugx', 'huf', 'twd', 'mga']
      await build(
        { amount: 'integer' },
        codes.map((currency) => ({ amount: 500, currency })),
        ['amount'],
      )
      expect(await decimals()).toEqual(['5.000', '5.000', '5.000', '5.000', '500.000'])
    })

    test('gives nothing where there is no amount, no currency, or none that is a code of three letters', async () => {
      await build(
        { amount: 'integer' },
        [
          { amount: null, currency: 'usd' },
          { amount: 5, currency: null },
          { amount: 5, currency: '' },
          { amount: 5, currency: 'usdc' },
        ],
        ['amount'],
      )
      expect(await decimals()).toEqual([null, null, null, null])
    })

    test('has every column of the table, and no double anywhere', async () => {
      await build({ amount: 'integer', fee: 'integer' }, [{ amount: 1, fee: 2, currency: 'usd' }], ['amount', 'fee'])
      const stored = (await bench().session((session) => session.introspect('crm', 'charges')))?.columns ?? []
      const view = (await bench().session((session) => session.introspect('crm', 'charges_decimal')))?.columns ?? []
      expect(view.slice(0, stored.length)).toEqual(stored)
      expect(view.slice(stored.length).map(({ name }) => name)).toEqual(['amount_decimal', 'fee_decimal'])
      expect(view.slice(stored.length).every(({ type }) => type.startsWith('decimal'))).toBe(true)
    })

    test('knows parts of a minor unit, in decimals and in texts', async () => {
      await build(
        { a: 'decimal(38,12)', b: 'string' },
        [
          { a: '0.5', b: '0.5', currency: 'usd' },
          { a: '123456789012345678.25', b: '-7', currency: 'jpy' },
          { a: null, b: '0.000000000001', currency: 'kwd' },
        ],
        ['a', 'b'],
      )
      expect((await decimals('a_decimal')).map(plain)).toEqual(['0.005', '123456789012345678.25', null])
      expect((await decimals('b_decimal')).map(plain)).toEqual(['0.005', '-7', '0.000000000000001'])
    })

    test('shows nothing of an amount that it would have to round or cannot read, and the others all the same', async () => {
      await build(
        { b: 'string' },
        ['0.0000000000001', '1e3', 'ten', '123456789012345678901', '12'].map((b) => ({ b, currency: 'usd' })),
        ['b'],
      )
      expect((await decimals('b_decimal')).map(plain)).toEqual([null, null, null, null, '0.12'])
    })

    test('stands while its table grows, and takes the new columns when it is built again', async () => {
      await build({ amount: 'integer' }, [{ amount: 5, currency: 'usd' }], ['amount'])
      const more: Columns = { id: 'integer', currency: 'string', amount: 'decimal(38,12)', note: 'string' }
      const row = { id: 1, amount: '7.5', currency: 'usd', note: 'x', _version: 2, _read_at: 2 }
      await bench().load({ table: 'charges', columns: more, rows: [row] })
      await ensure(['amount'])
      expect((await decimals()).map(plain)).toEqual(['0.05', '0.075'])
      expect(await decimals('note')).toEqual([null, 'x'])
    })

    test('is exact for every integer in every currency', async () => {
      const special = minorUnitDecimals.flatMap(({ decimals: of, currencies }) =>
        currencies.map((code) => [code, of] as const),
      )
      const currency = fc.constantFrom(...special, ['USD', usualDecimals] as const, ['XYZ', usualDecimals] as const)
      const amount = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      const cases = fc.sample(fc.tuple(amount, currency), 300)
      await build(
        { amount: 'integer' },
        cases.map(([value, [code]], index) => ({
          amount: String(value),
          currency: index % 2 === 0 ? code : code.toLowerCase(),
        })),
        ['amount'],
      )
      const given = await decimals()
      // Back again: what was divided is what there was.
      expect(given.map((text, index) => thousandths(text) / 10n ** BigInt(3 - (cases[index]?.[1][1] ?? 0)))).toEqual(
        cases.map(([value]) => value),
      )
      expect(
        given.every((text, index) => thousandths(text) % 10n ** BigInt(3 - (cases[index]?.[1][1] ?? 0)) === 0n),
      ).toBe(true)
    })
  })
}

/** `10.120` → 10120n */
const thousandths = (text: string | null | undefined): bigint => BigInt((text ?? 'none').replace('.', ''))
/** Without the zeros that the scale adds. */
const plain = (text: string | null | undefined) => text?.replace(/\.?0+$/, '') ?? null
