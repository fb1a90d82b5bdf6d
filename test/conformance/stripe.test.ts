import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import stripe from '../../connectors/stripe/index.ts'
import simulator from '../../connectors/stripe/sandbox.ts'
import { stripeStreams } from '../../connectors/stripe/streams.ts'

// The items of a subscription it makes up as it is asked.
const heldInside = {
  invoice_line_items: 'lines',
  checkout_session_line_items: 'lines',
  credit_note_line_items: 'lines',
  transfer_reversals: 'reversals',
  application_fee_refunds: 'refunds',
}

sourceKit({
  describe,
  it,
  connector: stripe,
  simulator,
  keys: { rate_per_second: 1000, rate_per_endpoint: 1000 },
  // Where there is a daily list, the first scan of a day brings rows whatever changed.
  streams: stripeStreams.map(({ name, untold }) => ({
    name,
    isAlwaysFull: untold?.daily !== undefined,
    // What the simulator keeps of an event is the object that it is about.
    heldAs: { except: name === 'events' ? ['object'] : [], children: heldInside },
  })),
})
