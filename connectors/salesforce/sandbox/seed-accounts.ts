import type { Company, Random, SimulatorContext } from 'millrace/sandbox'
import { createRecord, requireObject, updateRecord } from './org.ts'
import { recordId } from './record-id.ts'
import { industries } from './picklists.ts'
import { momentsBetween } from './moments.ts'
import { userId } from './seed-users.ts'

export const accountId = (company: number) => recordId('001', company)
export const externalId = (company: number) => `ACME-${String(company).padStart(5, '0')}`

export function seedAccounts(context: SimulatorContext): void {
  const random = context.world.random('salesforce accounts')
  for (const company of context.world.companies) seedAccount(context, company, random)
}

function seedAccount(context: SimulatorContext, company: Company, random: Random): void {
  const account = requireObject('Account')
  const owner = userId(company.owner)
  const edits = random.chance(0.4) ? random.integer(1, 3) : 0
  const stamps = momentsBetween(random, { from: company.createdAt, to: context.world.epoch, count: edits + 1 })
  const id = accountId(company.number)
  const anyOwner = () => userId(random.pick(context.world.staff).number)
  createRecord(
    context,
    account,
    {
      Id: id,
      Name: company.name,
      Type: company.pays ? 'Customer - Direct' : 'Prospect',
      // What was written at first; the edits below end at the values of the cast.
      Industry: edits > 0 && random.chance(0.5) ? random.pick(industries) : company.industry,
      NumberOfEmployees: edits > 0 ? Math.max(1, company.employees - random.integer(0, 20)) : company.employees,
      OwnerId: edits > 1 ? anyOwner() : owner,
      Phone: random.chance(0.8) ? `+358 9 ${random.integer(100_000, 999_999)}` : null,
      Website: `https://${company.domain}`,
      BillingStreet: `${random.integer(1, 200)} Mill Lane`,
      BillingCity: random.pick(cities),
      BillingPostalCode: String(random.integer(10_000, 99_999)),
      BillingCountry: company.country,
      BillingLatitude: `${random.integer(35, 69)}.${random.integer(100_000, 999_999)}`,
      BillingLongitude: `${random.integer(-10, 30)}.${random.integer(100_000, 999_999)}`,
      BillingGeocodeAccuracy: 'Address',
      AnnualRevenue: random.chance(0.7) ? String(company.employees * random.integer(50_000, 250_000)) : null,
      AccountNumber: `C${company.number}`,
      Rating: random.pick(['Hot', 'Warm', 'Cold', null]),
      Description: random.chance(0.1) ? `Käyttää myllyä "${company.name}"\n二行目 🌊, with a \\ and a tab\t.` : null,
      AccountSource: random.pick(['Web', 'Partner Referral', null]),
      External_Id__c: externalId(company.number),
      Big_Number__c: String(bigNumber + BigInt(company.number)),
      Precise__c: `${123_456_789_000 + company.number}.${random.integer(100_000, 999_999)}`,
    },
    { at: company.createdAt, by: owner },
  )
  for (const [index, at] of stamps.slice(0, edits).entries()) {
    const last = index === edits - 1
    updateRecord(
      context,
      account,
      id,
      last
        ? { Industry: company.industry, NumberOfEmployees: company.employees, OwnerId: owner }
        : { NumberOfEmployees: company.employees + random.integer(1, 50) },
      { at, by: anyOwner() },
    )
  }
}

/** 2^53 and more: a double no longer holds every whole number here. */
const bigNumber = 9_007_199_254_740_993n
const cities = ['Helsinki', 'Tampere', 'Malmö', 'Zürich', 'Kraków', 'São Paulo', '東京', 'Austin']
