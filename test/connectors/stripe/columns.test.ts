import { describe, expect, it } from 'vitest'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { publishedFields } from './declarations.ts'
import { describedAs } from './described-as.ts'

const tables = stripeStreams.flatMap(({ name, columns, minorUnits, children = [] }) => [
  { name, columns, minorUnits, embedded: children.map(({ field }) => field), taken: [] as readonly string[] },
  ...children.map((child) => ({ ...child, embedded: [], taken: Object.keys(child.taken ?? {}) })),
])

/** What a stream leaves where it is: secrets, what comes only when it is expanded, what only a deleted object has. */
const notRead: { readonly [table: string]: readonly string[] } = {
  customers: ['cash_balance', 'invoice_credit_balance', 'sources', 'subscriptions', 'tax', 'tax_ids'],
  invoices: ['confirmation_secret', 'payments'],
  charges: ['refunds'],
  payment_intents: ['client_secret'],
  setup_intents: ['client_secret'],
  checkout_sessions: ['client_secret'],
}

describe('the columns', () => {
  it.each(tables.map((table) => [table.name, table] as const))(
    'of %s are the fields that the SDK’s declarations publish',
    (name, { columns, embedded, taken }) => {
      const published = publishedFields(...(describedAs[name] ?? ['', '']))
      expect(published.size).toBeGreaterThan(5)
      const left = new Set([...embedded, ...(notRead[name] ?? []), 'deleted'])
      const expected = [...published.keys()].filter((field) => !left.has(field))
      const own = Object.keys(columns).filter((column) => !column.startsWith('_') && !taken.includes(column))
      expect(own.toSorted()).toEqual(expected.toSorted())
    },
  )

  it.each(tables.map((table) => [table.name, table] as const))(
    'of %s have the type that is declared',
    (name, table) => {
      const published = publishedFields(...(describedAs[name] ?? ['', '']))
      for (const [column, type] of Object.entries(table.columns)) {
        const kind = published.get(column)?.replace(/( \| null)?;$/, '')
        if (kind === undefined) continue
        const fits = {
          string: () => /^('|string\b)/.test(kind) || /^\w+(\.\w+)+$/.test(kind),
          integer: () => kind === 'number',
          'decimal(38,12)': () => kind === 'number' || kind === 'Decimal',
          boolean: () => kind === 'boolean',
          timestamp: () => kind === 'number',
          json: () => !/^('|string\b|number$|boolean$|Decimal$)/.test(kind),
        }[String(type)]
        expect({ column, kind, type, fits: fits?.() }).toEqual({ column, kind, type, fits: true })
      }
    },
  )

  it.each(tables.map((table) => [table.name, table] as const))(
    'of %s that hold money are said, with the column of their currency',
    (_, { columns, minorUnits }) => {
      // By their names; a tax rate’s flat amount is an object with its own currency.
      const money = Object.keys(columns).filter(
        (column) =>
          (columns[column] === 'integer' &&
            /amount|^(balance|fee|net|subtotal.*|total.*|.*_balance)$/.test(column) &&
            !/_paid_count/.test(column)) ||
          // Parts of a cent.
          column.endsWith('amount_decimal'),
      )
      expect([...(minorUnits?.amounts ?? [])].toSorted()).toEqual(money.toSorted())
      if (minorUnits) expect(columns[minorUnits.currency]).toBe('string')
    },
  )
})
