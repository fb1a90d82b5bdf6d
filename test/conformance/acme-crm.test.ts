import { destinationKit, sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import acme from '../connector/acme-crm/index.ts'
import simulator from '../connector/acme-crm/sandbox.ts'

const kit = { describe, it, connector: acme, simulator }

sourceKit({ ...kit, streams: [{ name: 'contacts', heldAs: { type: 'contact' } }] })

destinationKit({
  ...kit,
  object: 'contact',
  match: 'email',
  fields: (n, version) => ({ email: `kit${n}@kit.example`, plan: version === 0 ? 'free' : 'pro' }),
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, shoe: 9 } }),
  isGone: ({ deleted }) => deleted === true,
})
