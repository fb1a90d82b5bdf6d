import { recordEvent } from './record-event.ts'
import { makeId } from './ids.ts'
import { putRecord, type PriceRecord } from './records.ts'
import { daySeconds, toSeconds, type Scene } from './scene.ts'

/** Products, then their prices. Two products have no price: only such a product can be deleted. */
export function seedCatalogue(scene: Scene): readonly PriceRecord[] {
  const start = toSeconds(new Date('2022-01-10T09:00:00Z'))
  const products = new Map<string, string>(
    productNames.map((name, index) => {
      const id = makeId(scene.store, 'prod')
      const created = start + index * 3600
      putRecord(scene.store, 'products', {
        id,
        created,
        updated: created,
        name,
        description: index % 3 === 0 ? null : `${name}, billed per month or year — “Größe” × 数量`,
        active: name !== 'Legacy',
        default_price: null,
        unit_label: name === 'Seats' ? 'seat' : null,
        metadata: index === 0 ? oddMetadata : {},
      })
      return [name, id]
    }),
  )
  const prices = priceList.map(({ product, ...price }, index): PriceRecord => ({
    ...price,
    id: makeId(scene.store, 'price'),
    // The last one is new, so that there is an event of it.
    created: index === priceList.length - 1 ? scene.now - 3 * daySeconds : start + daySeconds + index * 600,
    product: products.get(product) ?? '',
    metadata: index === 0 ? oddMetadata : {},
  }))
  for (const price of prices) {
    putRecord(scene.store, 'prices', price)
    recordEvent(scene.store, 'price.created', price.created, { stored: 'prices', object: price }, scene.now)
  }
  return prices
}

type Offer = Omit<PriceRecord, 'id' | 'created' | 'product' | 'metadata'> & { readonly product: string }

const offer = (
  product: string,
  currency: string,
  interval: Offer['interval'],
  amount: number,
  more: Partial<Offer> = {},
): Offer => ({
  product,
  active: true,
  currency,
  nickname: interval === null ? `${product} once` : `${product} ${interval}ly`,
  unit_amount: amount,
  unit_amount_decimal: String(amount),
  interval,
  usage_type: 'licensed',
  tiered: false,
  ...more,
})

const plans = [
  ['Starter', 1900],
  ['Team', 4900],
  ['Business', 19900],
  ['Enterprise', 99900],
] as const

/** Zero-decimal (jpy) and three-decimal (kwd) currencies: https://docs.stripe.com/currencies#minor-units */
const priceList: readonly Offer[] = [
  ...plans.flatMap(([plan, amount]) =>
    ['usd', 'eur'].flatMap((currency) => [
      offer(plan, currency, 'month', amount),
      offer(plan, currency, 'year', amount * 10),
    ]),
  ),
  ...plans
    .slice(0, 2)
    .flatMap(([plan, amount]) => [
      offer(plan, 'gbp', 'month', amount - 300),
      offer(plan, 'jpy', 'month', amount + 1000),
      offer(plan, 'kwd', 'month', amount * 3),
    ]),
  offer('Seats', 'usd', 'month', 1200),
  offer('Legacy', 'usd', 'month', 999, { active: false }),
  offer('API calls', 'usd', 'month', 0, {
    unit_amount: null,
    unit_amount_decimal: '0.000123456789',
    usage_type: 'metered',
  }),
  offer('Storage', 'usd', 'month', 0, {
    unit_amount: null,
    unit_amount_decimal: null,
    tiered: true,
    usage_type: 'metered',
  }),
  offer('Messages', 'usd', 'month', 12, { unit_amount: null, unit_amount_decimal: '12.345678901234' }),
  offer('Onboarding', 'usd', null, 250_000),
  // A subscription takes a price once only: these make the large ones.
  ...Array.from({ length: 25 }, (_, index) =>
    offer('Regions', 'usd', 'month', 500 + index * 10, { nickname: `Region ${index + 1}` }),
  ),
]

const productNames = [
  'Starter',
  'Team',
  'Business',
  'Enterprise',
  'Seats',
  'API calls',
  'Storage',
  'Messages',
  'Onboarding',
  'Regions',
  'Legacy',
  'Sovereign cloud',
  'Añadidos',
  'Prototype',
  'Gift card',
] as const

/** Legal, and what trips a reader of text: https://docs.stripe.com/metadata */
export const oddMetadata = {
  quote: 'said "no"; \\ and\nleft',
  number: '9007199254740993',
  emoji: '👩🏽‍🚀',
  line_separator: '\u2028',
  empty_like: 'null',
}
