/** An account that a history makes up as it goes: the real simulator with the real SDK before it; only its clock is ours. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import type { JsonObject, OpenedConnector } from 'millrace'
import type { SimulatorContext } from 'millrace/sandbox'
import stripe from '../../../connectors/stripe/index.ts'
import simulator from '../../../connectors/stripe/sandbox.ts'
import { storeOf } from '../../../connectors/stripe/sandbox/connected-store.ts'
import { accountId } from '../../../connectors/stripe/sandbox/objects/account.ts'
import { describe } from '../../../connectors/stripe/sandbox/objects/describe.ts'
import { recordLater } from '../../../connectors/stripe/sandbox/record-event.ts'
import type { Records } from '../../../connectors/stripe/sandbox/records.ts'
import { newestVersion } from '../../../connectors/stripe/sandbox/versions.ts'
import { stripeStreams } from '../../../connectors/stripe/streams.ts'
import { createHost } from '../../../src/connector/create-host.ts'
import { createLimiterRegistry } from '../../../src/connector/limiter.ts'
import { startVendorServer } from '../../../src/sandbox/vendor-server.ts'
import { openVendor } from '../../../src/sandbox/vendor.ts'
import { createWorld } from '../../../src/sandbox/world.ts'
import { customers, fieldsOf, kinds } from './account-kinds.ts'

export type Edit =
  | { readonly kind: 'pass'; readonly ms: number }
  | {
      readonly kind: 'put' | 'delete'
      readonly account: number
      readonly who: number
      readonly parts: number
      /** No event tells of it, where that may be. */
      readonly isSilent: boolean
      readonly event: number
      /** So many seconds until its event is listed. */
      readonly late: number
      /** Milliseconds that go by after it. */
      readonly wait: number
    }

/** What a history knows of an object beside the simulator. */
export type Known = {
  readonly account: string
  readonly id: string
  readonly who: number
  version: number
  born: number
  readonly at: number
}
export type Told = { readonly account: string; readonly id: string; readonly at: number }

export const accounts: readonly string[] = [accountId, 'acct_1Bakery', 'acct_1Florist']
const day = 86_400_000

export async function openAccount() {
  let answer: (request: Request) => Response | Promise<Response> = () => new Response(null, { status: 503 })
  let context: SimulatorContext | undefined
  let onRequest: (path: string) => void = () => undefined
  let pageRows = 100
  let skewMs = 0
  const vendor = openVendor({
    definition: {
      ...simulator,
      seed: () => undefined,
      serve: (given) => {
        context = given
        return (request) => {
          vi.setSystemTime(Date.now() + 7)
          const url = new URL(request.url)
          if (url.pathname !== '/v1/account') onRequest(url.pathname)
          // A page may be shorter than what was asked for.
          if (url.searchParams.has('limit'))
            url.searchParams.set('limit', String(Math.min(pageRows, Number(url.searchParams.get('limit')))))
          return answer(new Request(url, request))
        }
      },
    },
    dir: null,
    clock: { now: () => new Date(Date.now() + skewMs), day: () => 0, turnTo: () => undefined },
  })
  const world = createWorld(1, 0.001)
  const noDay = () => ({ number: 0, start: world.epoch, end: world.epoch, events: [] })
  vendor.catchUp({ world, id: 'histories', kept: () => ({ day: 0 }) as never, day: noDay, beginDay: () => undefined })
  const server = await startVendorServer(vendor, { port: 0, fixed: false })
  const platform = vendor.store

  /** A history begins with nothing. */
  function begin(stream: string, skew: number, many: boolean) {
    vi.setSystemTime(Date.UTC(2026, 10, 1))
    vendor.store.clear()
    vendor.faults.clear()
    vendor.journal.clear()
    skewMs = skew
    if (!context) throw new Error('the simulator does not serve')
    answer = simulator.serve(context)
    const kind = kinds[stream] ?? customers
    const alive = new Map<string, Known>()
    const deleted: Told[] = []
    const silent: Told[] = []
    const events: Told[] = []
    const generations = new Map<string, number>()
    let late: { readonly due: number; readonly tell: () => void }[] = []
    let version = 0
    let made = 0
    const vendorNow = () => Date.now() + skewMs
    const seconds = () => Math.floor(vendorNow() / 1000)
    const storeFor = (account: string) => storeOf(platform, account === accountId ? null : account)
    const record = ({ account, id }: Pick<Known, 'account' | 'id'>) => storeFor(account).get(kind.stored, id)
    const tellDue = () => {
      const due = late.filter((each) => each.due <= vendorNow())
      late = late.filter((each) => each.due > vendorNow())
      for (const each of due) each.tell()
    }
    const tell = (type: string, account: string, object: JsonObject, by: number) => {
      const created = seconds()
      const store = storeFor(account)
      const put = () => recordLater(store, type, { created }, { stored: kind.stored, object })
      if (by === 0) put()
      else late.push({ due: vendorNow() + by * 1000, tell: put })
    }
    const connect = (account: string) =>
      platform.put('accounts', account, {
        id: account,
        created: 1_700_000_000,
        name: account,
        email: '',
        country: 'US',
        currency: 'usd',
        charges_enabled: true,
        payouts_enabled: true,
        metadata: {},
      })
    const partsOf = (id: string, count: number) =>
      Array.from({ length: count }, (_, nth) => ({
        id: `${id}_${nth + (version % 3)}`,
        created: seconds(),
        item: 'si_1',
        price: 'price_1',
        proration: false,
        amount: version + nth,
        quantity: version + nth,
        description: '',
        invoice_line_item: 'il_1',
        metadata: {},
      }))

    function apply(edit: Edit): void {
      if (edit.kind === 'pass') {
        vi.setSystemTime(Date.now() + edit.ms)
        tellDue()
        return
      }
      const account = accounts[many && kind.stored !== 'accounts' ? edit.account : 0] ?? accountId
      // A deletion is of something that is there.
      const ofIt = [...alive.values()].filter((each) => each.account === account)
      const chosen = edit.kind === 'delete' ? ofIt[edit.who % Math.max(1, ofIt.length)] : undefined
      const who = chosen?.who ?? edit.who
      const place = `${account}|${who}`
      const generation = generations.get(place) ?? 0
      const id = kind.isNamed
        ? `${kind.stored}/${who}`
        : `${kind.stored}_${accounts.indexOf(account)}_${who}x${generation}`
      const key = `${account}|${id}`
      const known = alive.get(key)
      const store = storeFor(account)
      version++
      if (edit.kind === 'put') {
        const isNew = known === undefined
        const at = isNew ? seconds() : known.at
        const object: JsonObject = {
          id,
          created: at,
          ...fieldsOf(version, at, kind),
          ...(kind.parts && { [kind.parts.field]: partsOf(id, edit.parts) }),
        }
        const types = isNew ? [kind.born] : kind.changed
        const isSilent =
          (isNew && kind.born === null) || (kind.isSilent && !isNew && (edit.isSilent || types.length === 0))
        if (!isNew && types.length === 0 && !isSilent) return
        store.put(kind.stored, id, object)
        alive.set(key, { account, id, who, version, born: known?.born ?? ++made, at })
        if (isSilent) silent.push({ account, id, at: vendorNow() })
        else tell(types[edit.event % types.length] ?? '', account, object, edit.late)
      } else if (known && kind.dies !== undefined) {
        const object = record(known) ?? {}
        store.remove(kind.stored, id)
        if (kind.stored === 'customers') store.put('gone', id, { id, object: 'customer' })
        alive.delete(key)
        generations.set(place, generation + 1)
        deleted.push({ account, id, at: vendorNow() })
        if (kind.dies !== null) tell(kind.dies, account, object, edit.late)
      }
      vi.setSystemTime(Date.now() + edit.wait)
      tellDue()
    }

    /** The vendor's whole object, as it shows it now. */
    const shown = (known: Known): JsonObject =>
      describe(storeFor(known.account), {
        stored: kind.stored,
        record: record(known) as unknown as Records[keyof Records],
        version: newestVersion,
        expand: new Set(stripeStreams.find(({ name }) => name === stream)?.expand ?? []),
        now: seconds(),
      })
    return {
      kind,
      apply,
      alive,
      deleted,
      silent,
      events,
      shown,
      record,
      vendorNow,
      tellDue,
      connect,
      storeFor,
      disconnect: (account: string) => platform.remove('accounts', account),
    }
  }

  return {
    begin,
    faults: vendor.faults,
    onRequests: (listen: (path: string) => void, rows: number) => {
      onRequest = listen
      pageRows = rows
    },
    /** As a run opens it: with a host of its own. */
    async connector(keys: { readonly [key: string]: unknown }): Promise<OpenedConnector> {
      const config = stripe.config.parse({
        ...simulator.connection({ host: '127.0.0.1', port: server.port }),
        rate_per_second: 1000,
        rate_per_endpoint: 1000,
        ...keys,
      })
      const host = createHost({
        connection: 'stripe',
        runId: 'run_test',
        emit: () => undefined,
        spoolDir: join(tmpdir(), 'never'),
        secrets: [],
        limiters: createLimiterRegistry(),
        // A socket that was reset may be taken once more.
        retry: { attempts: 4, malformedAttempts: 4, initialMs: 1, maxMs: 2 },
      })
      const opened = await stripe.open({ config: config as never, host })
      return {
        ...opened,
        streams: async (request) =>
          ((await opened.streams?.(request)) ?? []).map((each) => ({
            ...each,
            read: (scan, { signal }) => each.read(scan, host.context(signal)),
          })),
        close: async () => {
          await opened.close?.()
          await host.close()
        },
      }
    },
    async close() {
      await server.close()
      vendor.close()
    },
  }
}

export type MadeUp = ReturnType<Awaited<ReturnType<typeof openAccount>>['begin']>
export { day }
