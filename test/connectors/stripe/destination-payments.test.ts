/**
 * What a transfer or a destination charge leaves in the connected account is a charge of it (`py_…`), and in its list. What
 * tells of it is no event of charges. https://docs.stripe.com/api/transfers/object#transfer_object-destination_payment
 */
import { afterEach, beforeEach, expect, it } from 'vitest'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { storeOf } from '../../../connectors/stripe/sandbox/connected-store.ts'
import { putRecord } from '../../../connectors/stripe/sandbox/records.ts'
import { toSeconds } from '../../../connectors/stripe/sandbox/scene.ts'
import { openConnector, type OnSimulator } from '../open-connector.ts'
import { rowsOf } from './scan-rows.ts'

const bakery = 'acct_1ConnectedBakery'
const takenBack = 'pyr_1OfAReversal'
/** Its days transfer to the bakery; here one takes something back, too. */
const reversing: typeof simulator = {
  ...simulator,
  move(context, day) {
    simulator.move(context, day)
    putRecord(storeOf(context.store, bakery), 'refunds', {
      id: takenBack,
      created: toSeconds(day.end) - 7_200,
      charge: 'py_1OfATransfer',
      payment_intent: '',
      amount: 1,
      currency: 'eur',
      status: 'succeeded',
      reason: 'requested_by_customer',
      balance_transaction: 'txn_1OfAReversal',
    })
  },
}

let vendor: OnSimulator
beforeEach(async () => {
  vendor = await openConnector({ connector: stripe, simulator: reversing, keys: { accounts: [bakery] } })
})
afterEach(() => vendor[Symbol.asyncDispose]())

it.each([
  ['charges', 'py_'],
  ['refunds', 'pyr_'],
])('are loaded of %s by the next run, as those were that stood at the first', async (name, prefix) => {
  const stream = await vendor.stream(name)
  const context = vendor.host.context(vendor.signal)
  const to = async () => new Date((await vendor.sandbox.now()).getTime() - 60_000).toISOString()
  const read = async (scan: Parameters<typeof vendor.scanOf>[0]) =>
    [...rowsOf(await Array.fromAsync(stream.read(await vendor.scanOf(scan), context))).keys()].filter((id) =>
      id.startsWith(prefix),
    )
  const first = { to: await to() }
  const before = await read(first)
  await vendor.sandbox.move(1)
  const made = (await read({ to: await to() })).filter((id) => !before.includes(id))
  expect(made).toHaveLength(1)
  // Not by the list that is read once a day.
  const now = await to()
  const last = { phase: 'done', to: first.to, listed: now, accounts: [bakery] }
  expect(await read({ from: first.to, to: now, last })).toEqual(expect.arrayContaining(made))
})
