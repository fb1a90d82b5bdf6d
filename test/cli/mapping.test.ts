/** The real program and the simulators: templates, objects, lists, lookups and nulls left out, in plan, preview and at the vendor. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../faults/fault-project.ts'
import { millrace, resultOf, type RunLine } from '../faults/millrace-process.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({
    files,
    alone: true,
    vendors: ['customerio', 'hubspot', 'salesforce'],
    scale: 0.02,
  })
  await project.write('CREATE SCHEMA raw', people, accounts)
}, 60_000)
afterAll(() => project.close())

const said = async (...args: readonly string[]) => {
  const { code, lines, stderr } = await millrace([...args], project)
  return { code, stderr, text: JSON.stringify(lines) }
}

async function run(sync: string): Promise<RunLine> {
  const result = resultOf(await millrace(['sync', 'run', sync], project))
  const [line] = result.runs
  expect([result.exit_code, line?.error]).toEqual([0, undefined])
  if (!line) throw new Error('nothing was run')
  return line
}

const batches = async () =>
  (await project.sandbox.journal('customerio')).flatMap(({ path, body }) =>
    path.endsWith('/v2/batch') ? [JSON.parse(body ?? '') as unknown] : [],
  )

describe('a map', () => {
  it('is shown by plan and preview as it then goes, and neither does anything', async () => {
    const before = await project.contents({ history: true })
    const plan = await said('sync', 'plan', 'people')
    expect(plan.text).toContain('{"field":"label","to":"pro-month 12345678901234567.5"}')
    expect(plan.text).toContain('{"field":"home","to":{"city":"Oulu","label":"Oulu, 90100","list":["a",{"b":1}]}}')
    expect(plan.text).toContain('{"field":"account_owner","to":"Olga"}')
    const preview = await said('sync', 'preview', 'people')
    expect(await project.contents({ history: true })).toEqual(before)
    expect(await batches()).toEqual([])
    await run('people')
    const [sent] = await batches()
    expect(preview.text).toContain(JSON.stringify(sent))
    const [p1] = await project.sandbox.show('customerio', 'person', 'p1')
    expect(p1).toMatchObject({
      attributes: {
        label: 'pro-month 12345678901234567.5',
        home: { city: 'Oulu', label: 'Oulu, 90100', list: ['a', { b: 1 }] },
        account_owner: 'Olga',
      },
    })
    expect((await project.sandbox.show('customerio', 'person', 'p2'))[0]).not.toMatchObject({
      attributes: { nick: expect.anything() as unknown },
    })
  })

  it('sends a change of what was looked up, field by field, and a change to null of what leaves nulls out not at all', async () => {
    await project.write(`UPDATE raw.accounts SET owner = 'Oskar' WHERE ref = 'A-000001'`)
    expect((await said('sync', 'plan', 'people')).text).toContain(
      '"fields":[{"field":"account_owner","from":"Olga","to":"Oskar"}]',
    )
    const before = (await batches()).length
    expect(await run('people')).toMatchObject({ ledger: { changed: 1, unchanged: 1, delivered: 1 } })
    expect((await batches()).length).toBe(before + 1)
    await project.write(`UPDATE raw.people SET nick = NULL WHERE id = 'p1'`)
    expect(await run('people')).toMatchObject({ ledger: { changed: 1, held_back: 1, delivered: 0 } })
    expect((await project.sandbox.show('customerio', 'person', 'p1'))[0]).toMatchObject({ attributes: { nick: 'Ace' } })
    expect(await run('people')).toMatchObject({ ledger: { unchanged: 2 } })
  })

  it('names a record of another object in one way for HubSpot and Salesforce', async () => {
    expect(await run('contacts')).toMatchObject({ ledger: { delivered: 2 } })
    expect(await project.sandbox.show('hubspot', 'association')).toHaveLength(1)
    await run('sf_contacts')
    const contacts = await project.sandbox.show('salesforce', 'Contact')
    const companies = await project.sandbox.show('salesforce', 'Account')
    const account = companies.find((each) => each['External_Id__c'] === 'ACME-00001')
    expect(contacts.find((each) => each['Person_Id__c'] === 'p1')).toMatchObject({ AccountId: account?.['Id'] })
  })

  it('tells what is wrong before anything is sent: columns of templates and of lookups', async () => {
    const refused = async (from: string, to: string) => {
      const restore = project.edit('syncs/people.yaml', (text) => text.replace(from, to))
      const { code, text, stderr } = await said('sync', 'plan', 'people')
      restore()
      return `${code} ${text} ${stderr}`
    }
    expect(await refused('{{ plan }}', '{{ plam }}')).toMatch(
      /MR-2103.*no column plam \(in the template of label at syncs\/people.yaml:10, its line 1, column 4\); did you mean plan\?/,
    )
    expect(await refused('column: owner', 'column: ownr')).toMatch(
      /MR-2103.*the model accounts has no column ownr; did you mean owner\?/,
    )
    expect(await refused('model: accounts', 'model: acounts')).toMatch(/MR-1204.*Did you mean `accounts`\?/)
    expect(await refused('| round: 1', '| rund: 1')).toMatch(/MR-1201.*there is no filter rund/)
  })
})

const people = `CREATE TABLE raw.people AS SELECT * FROM (VALUES
  ('p1', 'p1@people.example', 'pro', 'month', 12345678901234567.46, 'Oulu', '90100', '{"b":1}'::JSON, 'Ace', 'A-000001', 'ACME-00001'),
  ('p2', 'p2@people.example', NULL, 'year', 1, NULL, '00100', '[]'::JSON, NULL, NULL, NULL)
) v(id, email, plan, interval, amount, city, zip, more, nick, account, acme)`

const accounts = `CREATE TABLE raw.accounts AS SELECT * FROM (VALUES ('A-000001', 'Olga'), ('A-000002', 'Otto')) v(ref, owner)`

const files = {
  'millrace.yaml': `
project: mapping
targets:
  sandbox: { sandbox: true }
connections:
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
  hubspot: { connector: hubspot, access_token: '\${env:HUBSPOT_TOKEN}' }
  salesforce: { connector: salesforce, login_url: 'https://acme.my.salesforce.com', client_id: '\${env:SF_CLIENT_ID}', client_secret: '\${env:SF_CLIENT_SECRET}' }
`,
  'models/people.sql': 'select * from raw.people\n',
  'models/accounts.sql': 'select * from raw.accounts\n',
  'syncs/people.yaml': `
model: people
primary_key: id
destination: customerio
object: person
match: id
map:
  id: id
  email: email
  label: { template: "{{ plan }}-{{ interval }} {{ amount | round: 1 }}" }
  home:
    city: city
    label: { template: "{{ city }}, {{ zip }}" }
    list: [{ value: a }, more]
  nick: { column: nick, omit_null: true }
  account_owner: { lookup: { model: accounts, by: { account: ref }, column: owner } }
limits: { max_changed: 100% }
`,
  'syncs/contacts.yaml': `
model: people
primary_key: id
destination: hubspot
object: contact
match: person_id
map:
  person_id: id
  email: email
  associations.company: { lookup: { object: company, by: account_ref, column: account } }
`,
  'syncs/sf_contacts.yaml': `
model: people
primary_key: id
destination: salesforce
object: Contact
match: Person_Id__c
map:
  Person_Id__c: id
  LastName: id
  Account: { lookup: { object: Account, by: External_Id__c, column: acme } }
`,
}
