import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStripe, type OpenedStripe } from './open-stripe.ts'
import { rowsOf } from './scan-rows.ts'

let stripe: OpenedStripe
beforeAll(async () => {
  stripe = await openStripe({ scale: 0.05 })
})
afterAll(() => stripe[Symbol.asyncDispose]())

const showIds = async (type: string) => (await stripe.sandbox.show('stripe', type)).map(({ id }) => String(id)).sort()

describe('a first scan', () => {
  it.each(['customers', 'products', 'prices', 'subscriptions', 'invoices', 'charges'])(
    'reads all %s, each once',
    async (name) => {
      const items = await stripe.read(name, await stripe.scanOf())
      const count = items.reduce((sum, item) => sum + (item.kind === 'lines' && !item.child ? item.rows : 0), 0)
      const ids = await showIds(name)
      expect([...rowsOf(items).keys()].sort()).toEqual(ids)
      expect(count).toBe(ids.length)
    },
  )

  it('reads every line of an invoice, and not the first ten', async () => {
    const items = await stripe.read('invoices', await stripe.scanOf())
    const lines = [...rowsOf(items, 'invoice_line_items').values()]
    const invoices = await stripe.sandbox.show('stripe', 'invoices')
    const large = invoices.find(({ lines }) => Array.isArray(lines) && lines.length === 25)
    expect(large).toBeDefined()
    expect(lines.filter(({ invoice }) => invoice === large?.id)).toHaveLength(25)
    expect(lines).toHaveLength(invoices.reduce((sum, { lines }) => sum + (Array.isArray(lines) ? lines.length : 0), 0))
  })
})
