import { makeId } from './ids.ts'
import { change } from './record-event.ts'
import { eachRecord, type PriceRecord } from './records.ts'
import type { CouponRecord, PromotionCodeRecord, TaxRateRecord } from './records-catalogue.ts'
import { daySeconds, type Scene } from './scene.ts'
import { oddMetadata } from './seed-catalogue.ts'

/** Coupons with ids that people chose, codes for them, tax rates, and the plans of before there were prices. */
export function seedDiscounts({ store, now }: Scene): void {
  const [product] = eachRecord(store, 'products')
  for (const [index, [id, name, off]] of couponList.entries()) {
    const coupon: CouponRecord = {
      id,
      // The last one is new, so that there is an event of it.
      created: index === couponList.length - 1 ? now - 4 * daySeconds : now - (400 - index * 30) * daySeconds,
      name,
      ...off,
      duration: index % 3 === 0 ? 'once' : index % 3 === 1 ? 'repeating' : 'forever',
      max_redemptions: index === 2 ? 50 : null,
      times_redeemed: index * 3,
      products: index === 1 && product ? [product.id] : [],
      metadata: index === 0 ? oddMetadata : {},
    }
    change(store, 'coupons', coupon, { type: 'coupon.created', at: coupon.created, now })
    for (let nth = 0; nth < 2; nth++) {
      const code: PromotionCodeRecord = {
        id: makeId(store, 'promo'),
        created: coupon.created + 3600 * (nth + 1),
        coupon: id,
        code: `${id}-${nth + 1}`,
        active: nth === 0,
        customer: null,
        max_redemptions: nth === 0 ? null : 10,
        times_redeemed: index,
        expires_at: nth === 0 ? null : now + 90 * daySeconds,
      }
      change(store, 'promotion_codes', code, { type: 'promotion_code.created', at: code.created, now })
    }
  }
  for (const [index, [display_name, country, percentage]] of taxList.entries()) {
    const rate: TaxRateRecord = {
      id: makeId(store, 'txr'),
      created: now - (500 - index * 200) * daySeconds,
      display_name,
      country,
      percentage,
      inclusive: index === 0,
      active: true,
      description: index === 0 ? 'Umsatzsteuer' : null,
    }
    change(store, 'tax_rates', rate, { type: 'tax_rate.created', at: rate.created, now })
  }
  seedPlans(store, now)
}

/** https://docs.stripe.com/api/plans : the recurring prices under their old name, and two with ids of their own */
function seedPlans(store: Scene['store'], now: number): void {
  const prices = [...eachRecord(store, 'prices')].filter(({ interval }) => interval !== null)
  const [first] = prices
  const legacy = first
    ? ['legacy-gold', 'legacy-silver'].map((id, index): PriceRecord => ({
        ...first,
        id,
        created: first.created - (index + 1) * daySeconds,
        nickname: id,
        metadata: {},
      }))
    : []
  for (const plan of [...legacy, ...prices])
    change(store, 'plans', plan, { type: 'plan.created', at: plan.created, now })
}

type Off = Pick<CouponRecord, 'amount_off' | 'currency' | 'percent_off'>

const percent = (percent_off: number): Off => ({ amount_off: null, currency: null, percent_off })
const amount = (amount_off: number, currency: string): Off => ({ amount_off, currency, percent_off: null })

const couponList: readonly (readonly [id: string, name: string, off: Off])[] = [
  ['WELCOME10', 'Welcome, 10 % off', percent(10)],
  ['YEAR-EU', 'A year, “EU”', amount(5000, 'eur')],
  ['FIRST50', 'The first fifty', percent(33.333)],
  ['TOKYO', '東京', amount(700, 'jpy')],
  ['KUWAIT', 'Kuwait', amount(12345, 'kwd')],
  ['LAUNCH', 'Launch', percent(25.5)],
]

const taxList: readonly (readonly [name: string, country: string, percentage: number])[] = [
  ['VAT', 'DE', 19],
  ['Sales Tax', 'US', 8.875],
  ['VAT', 'FR', 5.5],
]
