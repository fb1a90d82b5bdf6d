import { billingEndpoints } from './billing-endpoints.ts'
import { collection, inRange, is, newestFirst, partsOf, type Asked, type Endpoint } from './collection.ts'
import { listPage } from './list-page.ts'
import { account } from './objects/account.ts'
import { describe, findPrice } from './objects/describe.ts'
import { describeLine } from './objects/invoice.ts'
import { describeConnected } from './objects/platform.ts'
import { describeItem } from './objects/subscription.ts'
import type { ParameterKind } from './parameters.ts'
import { paymentEndpoints } from './payment-endpoints.ts'
import { platformEndpoints } from './platform-endpoints.ts'
import { eventDays } from './record-event.ts'
import { getRecord } from './records.ts'
import { refuseChoice, refuseMissingObject } from './refusal.ts'

const coreEndpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/accounts/retrieve
  {
    path: '/v1/account',
    permission: 'rak_accounts_kyc_basic_read',
    isList: false,
    takes: {},
    expandable: [],
    answer: ownAccount,
  },
  // https://docs.stripe.com/api/customers/list
  ...collection({
    stored: 'customers',
    permission: 'rak_customer_read',
    noun: 'customer',
    by: { email: 'string' },
  }),
  // https://docs.stripe.com/api/products/list
  ...collection({
    stored: 'products',
    permission: 'rak_product_read',
    noun: 'product',
    by: { active: 'boolean' },
    takes: { ids: 'strings' },
    matches: ({ id }, { lists }) => lists.ids?.includes(id) ?? true,
  }),
  // https://docs.stripe.com/api/prices/list : active ones, unless it is asked for the others
  ...collection({
    stored: 'prices',
    permission: 'rak_plan_read',
    noun: 'price',
    by: { currency: 'string', product: 'string' },
    takes: { active: 'boolean', type: ['one_time', 'recurring'] },
    expandable: ['tiers', 'currency_options'],
    matches: (record, { strings }) =>
      is(strings.active ?? 'true', String(record.active)) &&
      is(strings.type, record.interval ? 'recurring' : 'one_time'),
  }),
  // https://docs.stripe.com/api/subscriptions/list : not the canceled ones, unless it is asked for them
  ...collection({
    stored: 'subscriptions',
    permission: 'rak_subscription_read',
    noun: 'subscription',
    by: { customer: 'string' },
    takes: {
      price: 'string',
      collection_method: ['charge_automatically', 'send_invoice'],
      status: subscriptionStatuses(),
    },
    matches: (record, { strings }) =>
      hasStatus(record.status, strings.status) &&
      is(strings.collection_method, 'charge_automatically') &&
      (strings.price === undefined || record.items.some(({ price }) => price === strings.price)),
  }),
  // https://docs.stripe.com/api/invoices/list
  ...collection({
    stored: 'invoices',
    permission: 'rak_invoice_read',
    noun: 'invoice',
    by: {
      customer: 'string',
      subscription: 'string',
      status: ['draft', 'open', 'paid', 'uncollectible', 'void'],
    },
    takes: { collection_method: ['charge_automatically', 'send_invoice'] },
    matches: (_, { strings }) => is(strings.collection_method, 'charge_automatically'),
  }),
  // https://docs.stripe.com/api/charges/list
  ...collection({
    stored: 'charges',
    permission: 'rak_charge_read',
    noun: 'charge',
    by: { customer: 'string' },
  }),
  // https://docs.stripe.com/api/invoice-line-item/retrieve
  partsOf({
    stored: 'invoices',
    path: '/v1/invoices/:id/lines',
    noun: 'invoice',
    partNoun: 'line item',
    permission: 'rak_invoice_read',
    parts: ({ lines }) => lines,
    describe: (line, invoice, { context: { store }, version }) =>
      version.line(describeLine(line, invoice, findPrice(store))),
  }),
  // https://docs.stripe.com/api/subscription_items/list
  {
    path: '/v1/subscription_items',
    permission: 'rak_subscription_read',
    isList: true,
    takes: { subscription: 'string' },
    required: ['subscription'],
    expandable: [],
    answer: ({ context: { store }, path, parameters, version }) => {
      const id = parameters.strings.subscription ?? ''
      const subscription = getRecord(store, 'subscriptions', id)
      if (!subscription) return refuseMissingObject('subscription', id, 'subscription')
      const known = (item: string) => subscription.items.some((each) => each.id === item)
      return listPage({ records: subscription.items, path, parameters, noun: 'subscription item', known }, (item) =>
        version.item(describeItem(item, subscription, findPrice(store))),
      )
    },
  },
  // https://docs.stripe.com/api/events/list : thirty days, at most twenty types
  {
    path: '/v1/events',
    permission: 'rak_event_read',
    isList: true,
    takes: { created: 'range', types: 'strings', type: 'string', delivery_success: 'boolean' },
    expandable: [],
    answer: ({ context: { store }, account, path, parameters, now }) => {
      const types = parameters.lists.types
      if (types && types.length > 20)
        return { ...refuseChoice('types', types), message: 'You may only specify up to 20 event types.' }
      const oldest = now - eventDays * 86_400
      const wanted = (type: string) => (types?.includes(type) ?? true) && matchesType(type, parameters.strings.type)
      const records = newestFirst(store, 'events').filter(
        ({ created, type }) => created >= oldest && wanted(type) && inRange(created, parameters.ranges.created),
      )
      return listPage(
        { records, path, parameters, noun: 'event', known: (id) => store.get('events', id) !== undefined },
        (record) => ({
          ...describe(store, { stored: 'events', record, version: null, expand: parameters.expand, now }),
          // https://docs.stripe.com/connect/webhooks
          ...(account !== null && { account }),
        }),
      )
    },
  },
]

export const endpoints: readonly Endpoint[] = [
  ...coreEndpoints,
  ...paymentEndpoints,
  ...billingEndpoints,
  ...platformEndpoints,
]

/** Of a connected account what its platform sees of it. */
function ownAccount({ account: id, platform }: Asked) {
  const connected = id === null ? undefined : getRecord(platform, 'accounts', id)
  return connected ? describeConnected(connected) : account
}

function hasStatus(status: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return status !== 'canceled'
  return wanted === 'all' || wanted === status || (wanted === 'ended' && status === 'canceled')
}

const matchesType = (type: string, pattern: string | undefined) =>
  pattern === undefined || pattern === type || (pattern.endsWith('*') && type.startsWith(pattern.slice(0, -1)))

function subscriptionStatuses(): ParameterKind {
  return [
    'active',
    'all',
    'canceled',
    'ended',
    'incomplete',
    'incomplete_expired',
    'past_due',
    'paused',
    'trialing',
    'unpaid',
  ]
}
