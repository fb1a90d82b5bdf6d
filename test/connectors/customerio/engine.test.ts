/** The real program, a warehouse and the simulator: what syncs to Customer.io's objects do from end to end. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { makeFaultProject, type FaultProject } from '../../faults/fault-project.ts'
import { killAt, millrace, resultOf, type RunLine } from '../../faults/millrace-process.ts'

let project: FaultProject

beforeAll(async () => {
  project = await makeFaultProject({ files: files(), alone: true, vendors: ['customerio'], scale: 0.02 })
}, 60_000)
afterAll(() => project.close())
beforeEach(async () => {
  await project.sandbox.reset()
  await project.forgetWarehouse()
  await project.write('CREATE SCHEMA raw', people, orders, companies, members)
})

const held = async (type: string) =>
  type in ((await project.sandbox.status()).vendors.find(({ name }) => name === 'customerio')?.records ?? {})
    ? project.sandbox.show('customerio', type)
    : []
const person = async (id: string) => (await held('person')).find((each) => each['id'] === id)
const ours = async () => (await held('person')).filter(({ id }) => /^p\d/.test(String(id)))
const rejects = () => project.rows('SELECT key, code, message, retryable FROM _millrace.rejects ORDER BY key')
const actions = async () =>
  (await project.sandbox.journal('customerio'))
    .filter(({ path }) => path === '/api/v2/batch')
    .flatMap(({ body }) => JSON.parse(body ?? '').batch.map(({ action }: { readonly action: string }) => action))

describe('events', () => {
  it('are sent once: a row that changes or leaves changes nothing, a new one goes', async () => {
    expect(await run('orders', 0)).toMatchObject({ ledger: { added: 50, delivered: 50 } })
    await project.write(
      `UPDATE raw.orders SET total = 99 WHERE id = 'o1'`,
      `DELETE FROM raw.orders WHERE id = 'o2'`,
      `INSERT INTO raw.orders VALUES ('o50', 'p1', TIMESTAMP '2026-11-01 12:00:00', 7)`,
    )
    expect(await run('orders', 0)).toMatchObject({ ledger: { added: 1, changed: 1, delivered: 1 } })
    const events = await held('event')
    expect(events).toHaveLength(51)
    expect(events.find(({ attributes }) => JSON.stringify(attributes) === '{"total":7}')).toMatchObject({
      name: 'order placed',
      identifiers: { id: 'p1' },
      timestamp: 1_793_534_400,
    })
    expect(JSON.stringify(events)).not.toContain('99')
  })

  it('are each there once after a kill, and after answers that were lost', async () => {
    await killAt('batch.sent', ['sync', 'run', 'orders'], project)
    await project.sandbox.setFault('customerio', 'reset_after', { match: '/batch', times: 2 })
    await millrace(['sync', 'run', 'orders'], project)
    await project.sandbox.setFault('customerio', 'reset_after', null)
    await run('orders', 0)
    expect(await held('event')).toHaveLength(50)
  })

  it('cannot be upserted or removed, and the plan says so', async () => {
    for (const [from, to, said] of [
      ['mode: insert', 'mode: upsert', 'event does not take upsert; it takes insert'],
      ['mode: insert', 'mode: insert\non_removed: delete', 'event does not take on_removed: delete'],
    ] as const) {
      const restore = project.edit('syncs/orders.yaml', (text) => text.replace(from, to))
      const { code, lines, stderr } = await millrace(['sync', 'plan', 'orders'], project)
      restore()
      expect(`${code} ${JSON.stringify(lines)} ${stderr}`).toContain(said)
    }
  })
})

describe('objects and relationships', () => {
  it('follow the model: who joins, moves and leaves', async () => {
    await run('people', 0)
    expect(await run('companies', 0)).toMatchObject({ ledger: { delivered: 5 } })
    expect(await run('members', 0)).toMatchObject({ ledger: { delivered: 20 } })
    const relations = async () =>
      new Map(
        (await held('relationship')).map(({ cio_id, object_id, attributes }) => [
          `${String(cio_id)}`,
          [object_id, attributes],
        ]),
      )
    expect((await relations()).size).toBe(20)
    const cioId = String((await person('p1'))?.['cio_id'])
    expect((await relations()).get(cioId)).toEqual(['c1', { role: 'member' }])

    await project.write(
      `UPDATE raw.members SET company = 'c4', role = 'admin' WHERE person = 'p1'`,
      `DELETE FROM raw.members WHERE person = 'p2'`,
    )
    expect(await run('members', 0)).toMatchObject({ ledger: { added: 1, removed: 2, delivered: 3 } })
    expect((await relations()).size).toBe(19)
    expect((await relations()).get(cioId)).toEqual(['c4', { role: 'admin' }])

    await project.write(`DELETE FROM raw.companies WHERE id = 'c4'`)
    expect(await run('companies', 0)).toMatchObject({ ledger: { removed: 1, delivered: 1 } })
    expect((await held('object')).some(({ object_id }) => object_id === 'c4')).toBe(false)
    expect((await relations()).has(cioId)).toBe(false)
  })

  it('of a type that is not there are rejects, each with the reason', async () => {
    const restore = project.edit('syncs/companies.yaml', (text) => text.replace("'1'", "'7'"))
    expect(await run('companies', 5)).toMatchObject({ ledger: { rejected: 5 } })
    restore()
    expect((await rejects())[0]).toMatchObject({ message: 'identifiers.object_type_id: object type does not exist' })
  })
})

describe('people who leave', () => {
  it('are deleted where the sync says so, and never suppressed', async () => {
    await run('leavers', 0)
    await project.write(`DELETE FROM raw.people WHERE id = 'p3'`)
    expect(await run('leavers', 0)).toMatchObject({ ledger: { removed: 1, delivered: 1 } })
    expect(await person('p3')).toBeUndefined()
    expect(new Set(await actions())).toEqual(new Set(['identify', 'delete']))
    expect(await held('suppressed')).toEqual([])
  })

  it('are suppressed by a sync to suppression alone', async () => {
    await run('people', 0)
    expect(await run('forgotten', 0)).toMatchObject({ ledger: { added: 1, delivered: 1 } })
    expect(await person('p9')).toBeUndefined()
    expect((await held('suppressed')).length).toBeGreaterThan(0)
    expect((await actions()).filter((action) => action === 'suppress')).toHaveLength(1)
    expect(await run('forgotten', 0)).toMatchObject({ ledger: { unchanged: 1, delivered: 0 } })
  })
})

describe('an opt-out beside an email that somebody else has', () => {
  it.each(['people', 'verified'])('stands, with and without reading back (%s)', async (sync) => {
    await run(sync, 0)
    await project.write(`UPDATE raw.people SET email = 'p2@people.example', opted_out = true WHERE id = 'p1'`)
    await run(sync, sync === 'verified' ? 5 : 0)
    expect(await person('p1')).toMatchObject({ email: 'p1@people.example', unsubscribed: true })
    expect(await person('p2')).toMatchObject({ email: 'p2@people.example', unsubscribed: false })
  })

  it('stands where the other one’s row opts in', async () => {
    const turn = (ids: string, out: boolean) =>
      project.write(`UPDATE raw.people SET email = 'twin@people.example', opted_out = ${out} WHERE id IN (${ids})`)
    await turn(`'p1', 'p2'`, true)
    await run('returning', 0)
    await turn(`'p1'`, false)
    const planned = await millrace(['sync', 'plan', 'returning'], project)
    expect(JSON.stringify(planned.lines)).toContain('"held_back":1')
    expect(await run('returning', 0)).toMatchObject({ ledger: { changed: 1, held_back: 1, delivered: 0 } })
    expect((await held('person')).filter(({ email }) => email === 'twin@people.example')).toMatchObject([
      { unsubscribed: true },
    ])
  })
})

describe('with an App API key', () => {
  it('a change that Customer.io drops is a reject, which goes when the address is free', async () => {
    const [{ email, cio_id } = {}] = await held('person')
    await project.write(`UPDATE raw.people SET email = '${String(email)}' WHERE id = 'p1'`)
    expect(await run('verified', 5)).toMatchObject({ ledger: { delivered: 19, rejected: 1 } })
    expect(await rejects()).toMatchObject([
      {
        key: 'p1',
        code: 'identifier_conflict',
        message: expect.stringContaining(`cio_id ${String(cio_id)}`),
        retryable: 'true',
      },
    ])
    await project.write(`UPDATE raw.people SET email = 'free@x.example' WHERE id = 'p1'`)
    expect(await run('verified', 0)).toMatchObject({ ledger: { retry: 1, delivered: 1 } })
    expect(await person('p1')).toMatchObject({ email: 'free@x.example' })
  })

  it('without it, the same change counts as delivered', async () => {
    const [{ email } = {}] = await held('person')
    await project.write(`UPDATE raw.people SET email = '${String(email)}' WHERE id = 'p1'`)
    expect(await run('people', 0)).toMatchObject({ ledger: { delivered: 20, rejected: 0 } })
    expect(await person('p1')).toBeUndefined()
  })

  it('an answer that was lost is settled by reading back', async () => {
    await project.sandbox.setFault('customerio', 'reset_after', { match: '/batch', times: 'always' })
    const [lost] = resultOf(await millrace(['sync', 'run', 'verified'], project)).runs
    await project.sandbox.setFault('customerio', 'reset_after', null)
    expect(lost).toMatchObject({ status: 'failed', ledger: { delivered: 20, unknown: 0 } })
    expect(await ours()).toHaveLength(20)
    expect(await run('verified', 0)).toMatchObject({ ledger: { unchanged: 20, delivered: 0 } })
  })

  it('an opt-out that was taken and does not stand is seen, and sent again', async () => {
    await run('verified', 0)
    await project.write(`UPDATE raw.people SET opted_out = true WHERE id = 'p4'`)
    await project.sandbox.setFault('customerio', 'late', { reads: 50, times: 'always' })
    expect(await run('verified', 5)).toMatchObject({ ledger: { unknown: 1 } })
    await project.sandbox.setFault('customerio', 'late', null)
    expect(await run('verified', 0)).toMatchObject({ ledger: { retry: 1, delivered: 1 } })
    expect(await person('p4')).toMatchObject({ unsubscribed: true })
    expect((await ours()).filter(({ unsubscribed }) => unsubscribed === true)).toHaveLength(1)
  })
})

async function run(sync: string, exit: number): Promise<RunLine> {
  const result = resultOf(await millrace(['sync', 'run', sync], project))
  const [line] = result.runs
  expect([result.exit_code, line?.error]).toEqual([exit, undefined])
  if (!line) throw new Error('nothing was run')
  return line
}

const people = `CREATE TABLE raw.people AS SELECT 'p' || n AS id, 'p' || n || '@people.example' AS email, false AS opted_out FROM range(20) r(n)`
const orders = `CREATE TABLE raw.orders AS SELECT 'o' || n AS id, 'p' || (n % 20) AS person, TIMESTAMP '2026-11-01 00:00:00' AS placed_at, n + 100 AS total FROM range(50) r(n)`
const companies = `CREATE TABLE raw.companies AS SELECT 'c' || n AS id, 'Company ' || n AS name FROM range(5) r(n)`
const members = `CREATE TABLE raw.members AS SELECT 'p' || n AS person, 'c' || (n % 5) AS company, 'member' AS role FROM range(20) r(n)`

function files() {
  const sync = (model: string, rest: string) =>
    `model: ${model}\nlimits: { max_changed: 100%, max_removed: 100% }\n${rest}`
  const toPeople = (destination: string, rest = '') =>
    sync(
      'people',
      `primary_key: id
destination: ${destination}
object: person
match: id
map: { id: id, email: email, unsubscribed: { opt_out: opted_out } }
${rest}`,
    )
  return {
    'millrace.yaml': `
project: customerio
targets:
  sandbox: { sandbox: true }
connections:
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE}', api_key: '\${env:CIO_KEY}', region: eu }
  verified: { connector: customerio, site_id: '\${env:CIO_SITE}', api_key: '\${env:CIO_KEY}', app_api_key: '\${env:CIO_APP}', settle_seconds: 0, region: eu }
`,
    'syncs/people.yaml': toPeople('customerio'),
    'syncs/returning.yaml': toPeople('customerio').replace('opted_out }', 'opted_out, allow_opt_in: true }'),
    'syncs/leavers.yaml': toPeople('customerio', 'on_removed: delete\n'),
    'syncs/verified.yaml': toPeople('verified', 'verify_opt_outs: true\n'),
    'syncs/orders.yaml': sync(
      'orders',
      `primary_key: id
destination: customerio
object: event
match: event_id
mode: insert
map:
  event_id: id
  name: { value: order placed }
  timestamp: placed_at
  identifiers.id: person
  attributes.total: total
`,
    ),
    'syncs/companies.yaml': sync(
      'companies',
      `primary_key: id
destination: customerio
object: object
match: object_id
options: { object_type_id: '1' }
map: { object_id: id, name: name }
on_removed: delete
`,
    ),
    'syncs/members.yaml': sync(
      'members',
      `primary_key: [person, company]
destination: customerio
object: relationship
match: identifiers.id
options: { object_type_id: '1' }
map: { identifiers.id: person, object_id: company, relationship_attributes.role: role }
on_removed: delete
`,
    ),
    'syncs/forgotten.yaml': sync(
      'forgotten',
      `primary_key: id
destination: customerio
object: suppression
match: id
mode: insert
map: { id: id }
`,
    ),
    'models/people.sql': 'select * from raw.people\n',
    'models/orders.sql': 'select * from raw.orders\n',
    'models/companies.sql': 'select * from raw.companies\n',
    'models/members.sql': 'select * from raw.members\n',
    'models/forgotten.sql': `select id from raw.people where id = 'p9'\n`,
  }
}
