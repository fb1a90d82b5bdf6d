import { afterEach, beforeEach, expect, it } from 'vitest'
import type { OpenedConnector, Scan } from '../../../src/connector/contract.ts'
import type { WriteContext } from '../../../src/connector/destination.ts'
import type { EngineHost } from '../../../src/connector/create-host.ts'
import type { Change } from '../../../src/model/change.ts'
import { startSimulators } from '../../../src/sandbox/host.ts'
import { quickHost } from '../fake-vendor.ts'
import acme from './index.ts'
import simulator from './sandbox.ts'

type Sandbox = Awaited<ReturnType<typeof startSimulators>>
let sandbox: Sandbox
let host: EngineHost
let connector: OpenedConnector
const signal = new AbortController().signal

const open = (keys: object) => acme.open({ config: acme.config.parse(keys) as never, host }) // the schema has just checked them

beforeEach(async () => {
  sandbox = await startSimulators({ definitions: [simulator], dir: null, scale: 0.05 })
  host = quickHost({ secrets: [String(sandbox.connection('acme_crm').api_key)] })
  connector = await open(sandbox.connection('acme_crm'))
})
afterEach(async () => {
  await host.close()
  await sandbox.close()
})

const scan = (over: Partial<Scan> = {}): Scan => ({
  id: 's',
  from: null,
  to: '2027-01-01T00:00:00Z',
  resume: null,
  full: true,
  start: null,
  fields: [],
  where: null,
  options: {},
  children: [],
  limit: null,
  ...over,
})

async function readContacts(over: Partial<Scan> = {}) {
  const [contacts] = (await connector.streams?.({ names: ['contacts'], signal })) ?? []
  if (!contacts) throw new TypeError('there is no stream contacts')
  const rows: { id: string; email: string; score: string | number; deleted: boolean }[] = []
  for await (const item of contacts.read(scan(over), host.context(signal))) {
    if (item.kind !== 'lines') continue
    for (const line of Buffer.from(item.lines).toString().trimEnd().split('\n')) rows.push(JSON.parse(line))
  }
  return { rows, counted: await contacts.count?.(scan(over), host.context(signal)) }
}

const openContact = async () => {
  const [contact] = (await connector.objects?.({ signal })) ?? []
  if (!contact) throw new TypeError('there is no object contact')
  return contact
}
const change = (key: string, fields: Change['fields'], op: Change['op'] = 'upsert'): Change => ({
  op,
  key,
  fields: { email: key, ...fields },
  previous: null,
  idempotencyKey: `i-${key}`,
})
const writing = (): WriteContext => ({
  ...host.context(signal),
  options: {},
  match: 'email',
  saveReceipt: async () => undefined,
})

it('49 lines read every contact once, digits and all, and the count agrees', async () => {
  const { rows, counted } = await readContacts()
  expect(rows.length).toBeGreaterThan(100)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length)
  expect(counted).toBe(rows.length)
  for (const { score } of rows) expect(String(score)).toMatch(/^\d{17}\.\d{4}$/)
})

it('knows its vendor’s clock and account', async () => {
  await connector.check({ signal })
  expect(host.lastDate()?.toISOString()).toBe('2026-11-20T09:55:00.000Z')
  expect(await connector.account({ signal })).toBe(sandbox.connection('acme_crm').base_url)
})

it('refuses wrong credentials as the vendor says it', async () => {
  const wrong = await open({ ...sandbox.connection('acme_crm'), api_key: 'not-the-key' })
  await expect(wrong.check({ signal })).rejects.toMatchObject({
    code: 'MR-3001',
    message: expect.stringContaining('no such API key'),
  })
})

it('writes, with an answer per change in the same order', async () => {
  const contact = await openContact()
  const changes = [
    change('new@example.com', { plan: 'pro' }),
    change('nobody', {}),
    change('other@example.com', { shoe: 9 }),
  ]
  expect(await contact.write(changes, writing())).toEqual([
    { outcome: 'ok' },
    expect.objectContaining({ outcome: 'rejected', code: 'BAD_EMAIL', retryable: false }),
    expect.objectContaining({ outcome: 'rejected', code: 'UNKNOWN_FIELD', retryable: false }),
  ])
  expect((await readContacts()).rows).toContainEqual(
    expect.objectContaining({ email: 'new@example.com', plan: 'pro', deleted: false }),
  )
  await contact.write([change('new@example.com', {}, 'delete')], writing())
  expect((await readContacts()).rows).toContainEqual(
    expect.objectContaining({ email: 'new@example.com', deleted: true }),
  )
})

it('previews the very requests that it sends, without declaring how', async () => {
  const contact = await openContact()
  const changes = [change('ann@example.com', { plan: 'pro', unsubscribed: true })]
  expect(contact.preview(changes, {})).toEqual([
    {
      method: 'POST',
      path: '/v2/contacts/batch',
      body: {
        items: [
          { op: 'upsert', email: 'ann@example.com', plan: 'pro', unsubscribed: true, request_id: 'i-ann@example.com' },
        ],
      },
      docs: 'https://docs.acme-crm.com/api/contacts#batch-upsert',
    },
  ])
  expect(host.requests()).toBe(0)
})

it('survives what the sandbox does on the wire', async () => {
  const faults = ['status', 'html', 'truncated_gzip', 'reset_after']
  for (const fault of faults) await sandbox.setFault('acme_crm', fault, { times: 1 })
  const { rows, counted } = await readContacts()
  expect(counted).toBe(rows.length)
  const status = (await sandbox.status()).vendors[0]
  expect(Object.keys(status?.faults ?? {})).toEqual([])
  expect(host.requests()).toBeGreaterThan(6)
})
