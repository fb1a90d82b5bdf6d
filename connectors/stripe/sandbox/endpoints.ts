import type { JsonObject } from 'millrace'
import type { SimulatorContext, SimulatorStore } from 'millrace/sandbox'
import { account } from './objects/account.ts'
import { describe, findPrice } from './objects/describe.ts'
import { describeItem } from './objects/subscription.ts'
import { describeLine } from './objects/invoice.ts'
import { listPage } from './list-page.ts'
import type { ParameterKind, ParameterRules, ParameterSpec, Parameters } from './parameters.ts'
import { eventDays } from './record-event.ts'
import { eachRecord, getRecord, type Records } from './records.ts'
import { refuseChoice, refuseMissingObject, type Refusal } from './refusal.ts'
import { toSeconds } from './scene.ts'
import type { ApiVersion } from './versions.ts'

export type Endpoint = ParameterRules & {
  /** `/v1/invoices/:id/lines` */
  readonly path: string
  readonly answer: (request: Asked) => JsonObject | Refusal
}

export type Asked = {
  readonly context: SimulatorContext
  readonly id: string
  readonly path: string
  readonly version: ApiVersion
  readonly parameters: Parameters
}

type Listed = 'customers' | 'products' | 'prices' | 'subscriptions' | 'invoices' | 'charges'

type ListOf<T extends Listed> = {
  readonly stored: T
  readonly noun: string
  readonly takes: ParameterSpec
  readonly expandable?: readonly string[]
  readonly matches: (record: Records[T], parameters: Parameters) => boolean
}

/** A list and its single objects. */
function collection<T extends Listed>({
  stored,
  noun,
  takes,
  expandable = [],
  matches,
}: ListOf<T>): readonly Endpoint[] {
  return [
    {
      path: `/v1/${stored}`,
      isList: true,
      takes: { created: 'range', ...takes },
      expandable,
      answer: ({ context, path, parameters, version }) => {
        const { store } = context
        const records = leaveOut(context, newestFirst(store, stored)).filter(
          (record) => inRange(record.created, parameters.ranges.created) && matches(record, parameters),
        )
        return listPage(
          { records, path, parameters, noun, known: (id) => store.get(stored, id) !== undefined },
          (record) => describe(store, { stored, record, version, expand: parameters.expand }),
        )
      },
    },
    {
      path: `/v1/${stored}/:id`,
      isList: false,
      takes: {},
      expandable,
      answer: ({ context: { store }, id, version, parameters }) => {
        const record = getRecord(store, stored, id)
        if (record) return describe(store, { stored, record, version, expand: parameters.expand })
        // Of a customer the vendor says that it was there: https://docs.stripe.com/api/customers/retrieve
        if (stored === 'customers' && getRecord(store, 'gone', id)) return { id, object: noun, deleted: true }
        return refuseMissingObject(noun, id, 'id')
      },
    },
  ]
}

/** The fault `emptied`: the part of the list that is there. The objects still answer by their ids. */
function leaveOut<T>({ fault }: SimulatorContext, records: readonly T[]): readonly T[] {
  const emptied = fault('emptied')
  return emptied ? records.slice(0, Math.floor(records.length * Number(emptied.keep ?? 0))) : records
}

export const endpoints: readonly Endpoint[] = [
  // https://docs.stripe.com/api/accounts/retrieve
  { path: '/v1/account', isList: false, takes: {}, expandable: [], answer: () => account },
  // https://docs.stripe.com/api/customers/list
  ...collection({
    stored: 'customers',
    noun: 'customer',
    takes: { email: 'string' },
    matches: (record, { strings }) => is(strings.email, record.email),
  }),
  // https://docs.stripe.com/api/products/list
  ...collection({
    stored: 'products',
    noun: 'product',
    takes: { active: 'boolean', ids: 'strings' },
    matches: (record, { strings, lists }) =>
      is(strings.active, String(record.active)) && (lists.ids?.includes(record.id) ?? true),
  }),
  // https://docs.stripe.com/api/prices/list : active ones, unless it is asked for the others
  ...collection({
    stored: 'prices',
    noun: 'price',
    takes: { active: 'boolean', currency: 'string', product: 'string', type: ['one_time', 'recurring'] },
    expandable: ['tiers', 'currency_options'],
    matches: (record, { strings }) =>
      is(strings.active ?? 'true', String(record.active)) &&
      is(strings.currency, record.currency) &&
      is(strings.product, record.product) &&
      is(strings.type, record.interval ? 'recurring' : 'one_time'),
  }),
  // https://docs.stripe.com/api/subscriptions/list : not the canceled ones, unless it is asked for them
  ...collection({
    stored: 'subscriptions',
    noun: 'subscription',
    takes: {
      customer: 'string',
      price: 'string',
      collection_method: ['charge_automatically', 'send_invoice'],
      status: subscriptionStatuses(),
    },
    matches: (record, { strings }) =>
      hasStatus(record.status, strings.status) &&
      is(strings.customer, record.customer) &&
      is(strings.collection_method, 'charge_automatically') &&
      (strings.price === undefined || record.items.some(({ price }) => price === strings.price)),
  }),
  // https://docs.stripe.com/api/invoices/list
  ...collection({
    stored: 'invoices',
    noun: 'invoice',
    takes: {
      customer: 'string',
      subscription: 'string',
      collection_method: ['charge_automatically', 'send_invoice'],
      status: ['draft', 'open', 'paid', 'uncollectible', 'void'],
    },
    matches: (record, { strings }) =>
      is(strings.customer, record.customer) &&
      is(strings.subscription, record.subscription) &&
      is(strings.status, record.status) &&
      is(strings.collection_method, 'charge_automatically'),
  }),
  // https://docs.stripe.com/api/charges/list
  ...collection({
    stored: 'charges',
    noun: 'charge',
    takes: { customer: 'string' },
    matches: (record, { strings }) => is(strings.customer, record.customer),
  }),
  // https://docs.stripe.com/api/invoice-line-item/retrieve
  {
    path: '/v1/invoices/:id/lines',
    isList: true,
    takes: {},
    expandable: [],
    answer: ({ context: { store }, id, path, parameters, version }) => {
      const invoice = getRecord(store, 'invoices', id)
      if (!invoice) return refuseMissingObject('invoice', id, 'id')
      const known = (line: string) => invoice.lines.some((each) => each.id === line)
      return listPage({ records: invoice.lines, path, parameters, noun: 'line item', known }, (line) =>
        version.line(describeLine(line, invoice, findPrice(store))),
      )
    },
  },
  // https://docs.stripe.com/api/subscription_items/list
  {
    path: '/v1/subscription_items',
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
    isList: true,
    takes: { created: 'range', types: 'strings', type: 'string', delivery_success: 'boolean' },
    expandable: [],
    answer: ({ context: { store, now }, path, parameters }) => {
      const types = parameters.lists.types
      if (types && types.length > 20)
        return { ...refuseChoice('types', types), message: 'You may only specify up to 20 event types.' }
      const oldest = toSeconds(now()) - eventDays * 86_400
      const wanted = (type: string) => (types?.includes(type) ?? true) && matchesType(type, parameters.strings.type)
      const records = newestFirst(store, 'events').filter(
        ({ created, type }) => created >= oldest && wanted(type) && inRange(created, parameters.ranges.created),
      )
      return listPage(
        { records, path, parameters, noun: 'event', known: (id) => store.get('events', id) !== undefined },
        (record) => describe(store, { stored: 'events', record, version: null, expand: parameters.expand }),
      )
    },
  },
]

function newestFirst<T extends keyof Records>(store: SimulatorStore, stored: T): readonly Records[T][] {
  return [...eachRecord(store, stored)].reverse().toSorted((a, b) => createdOf(b) - createdOf(a))
}

const createdOf = (record: Records[keyof Records]) => ('created' in record ? record.created : 0)

const is = (wanted: string | undefined, value: string) => wanted === undefined || wanted === value

function hasStatus(status: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return status !== 'canceled'
  return wanted === 'all' || wanted === status || (wanted === 'ended' && status === 'canceled')
}

const inRange = (value: number, range: Parameters['ranges'][string] | undefined) =>
  range === undefined ||
  ((range.gt ?? -Infinity) < value &&
    (range.gte ?? -Infinity) <= value &&
    value < (range.lt ?? Infinity) &&
    value <= (range.lte ?? Infinity))

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
