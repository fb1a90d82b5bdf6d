import { sourceKit } from 'millrace/testing'
import { describe, it } from 'vitest'
import salesforce from '../../connectors/salesforce/index.ts'
import simulator from '../../connectors/salesforce/sandbox.ts'

// Every scan by query jobs, and the smallest page of their results.
sourceKit({
  describe,
  it,
  connector: salesforce,
  simulator,
  keys: { bulk_query_from: 1, bulk_query_page: 200 },
  scale: 0.15,
  streams: [
    { name: 'Account', heldAs: { except: ['BillingAddress', 'ShippingAddress', 'Employees_Per_Site__c'] } },
    { name: 'Contact', heldAs: { except: ['MailingAddress', 'OtherAddress'] } },
    { name: 'User', heldAs: { except: ['Address'] } },
    'Opportunity',
    // Numbers as Salesforce writes them: 10.0.
    { name: 'OpportunityFieldHistory', heldAs: { except: ['OldValue', 'NewValue'] } },
    'TaskStatus',
  ],
})
