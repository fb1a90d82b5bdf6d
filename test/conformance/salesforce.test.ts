import { destinationKit, sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import salesforce from '../../connectors/salesforce/index.ts'
import simulator from '../../connectors/salesforce/sandbox.ts'

// The smallest page, so that a small org has many checkpoints.
const kit = { describe, it, connector: salesforce, simulator, keys: { page_size: 200 }, scale: 0.05 }

sourceKit({
  ...kit,
  // Compound addresses and formulas are made when they are asked for.
  streams: [
    { name: 'Account', heldAs: { except: ['BillingAddress', 'ShippingAddress', 'Employees_Per_Site__c'] } },
    { name: 'Contact', heldAs: { except: ['MailingAddress', 'OtherAddress'] } },
    { name: 'Lead', heldAs: { except: ['Address'] } },
    { name: 'User', heldAs: { except: ['Address'] } },
    'Opportunity',
    'AccountHistory',
    'OpportunityFieldHistory',
  ],
})

destinationKit({
  ...kit,
  object: 'Account',
  match: 'External_Id__c',
  fields: (n, version) => ({
    External_Id__c: `KIT-${n}`,
    Name: `Ünïcødé 名 ${n} 😀`,
    Account_Status__c: version === 0 ? 'active' : 'churned',
  }),
  // In the recycle bin.
  isGone: (record) => record['IsDeleted'] === true,
  // Longer than the field.
  refuse: async (_vendor, change) => ({ ...change, fields: { ...change.fields, Name: 'x'.repeat(256) } }),
})
