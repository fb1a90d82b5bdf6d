import type { World } from 'millrace/sandbox'
import { makeId } from './ids.ts'
import { recordEvent } from './record-event.ts'
import { putRecord, type CustomerRecord } from './records.ts'
import { oddMetadata } from './seed-catalogue.ts'
import { toSeconds, type Scene } from './scene.ts'

/** One customer per company that pays, in order of its creation. */
export function seedCustomers({ world, store, now }: Scene): readonly CustomerRecord[] {
  const emails = billingEmails(world)
  const random = world.random('stripe customers')
  const paying = world.companies
    .filter(({ pays }) => pays)
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || a.number - b.number)
  return paying.map((company, index): CustomerRecord => {
    const customer: CustomerRecord = {
      id: makeId(store, 'cus'),
      created: toSeconds(company.createdAt),
      name: company.name,
      email: emails.get(company.number) ?? `billing@${company.domain}`,
      phone: random.chance(0.3) ? `+1 555 01${String(company.number % 100).padStart(2, '0')}` : null,
      country: company.country,
      currency: billedCurrency(company.currency),
      delinquent: false,
      next_invoice_sequence: 1,
      metadata: {
        external_id: externalId(company.number),
        industry: company.industry,
        ...(index % 50 === 0 ? oddMetadata : {}),
      },
    }
    putRecord(store, 'customers', customer)
    store.put('companies', String(company.number), { customer: customer.id })
    recordEvent(store, 'customer.created', customer.created, { stored: 'customers', object: customer }, now)
    return customer
  })
}

/** The same text as Salesforce's Account.External_Id__c. */
const externalId = (company: number) => `ACME-${String(company).padStart(5, '0')}`

/** The first contact of a company gets its bills. */
export function billingEmails(world: World): ReadonlyMap<number, string> {
  const emails = new Map<number, string>()
  for (const { kind, company, email } of world.people)
    if (kind === 'contact' && !emails.has(company)) emails.set(company, email)
  return emails
}

function billedCurrency(currency: string): string {
  const lower = currency.toLowerCase()
  return soldIn.has(lower) ? lower : 'usd'
}

const soldIn: ReadonlySet<string> = new Set(['usd', 'eur', 'gbp', 'jpy', 'kwd'])
