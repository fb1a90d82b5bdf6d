/** Where a case plays: a vendor's simulator of its own, and the connector on it through the real host. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineEvent } from '../../model/event.ts'
import type { JsonObject } from '../../model/json.ts'
import type { Connector, OpenedConnector } from '../contract.ts'
import { createHost, type EngineHost } from '../create-host.ts'
import { createLimiterRegistry } from '../limiter.ts'
import { findSecret, secretKeys } from './find-secret.ts'

/** A running simulator, as much of it as the kits use. */
export type KitVendor = {
  readonly connection: { readonly [key: string]: string | number }
  readonly now: () => Promise<Date>
  readonly journal: (since: number) => Promise<readonly KitRequest[]>
  /** What the vendor holds of a type; undefined: it holds no such type. */
  readonly show: (type: string) => Promise<readonly JsonObject[] | undefined>
  readonly setFault: (name: string, spec: JsonObject | null) => Promise<void>
  readonly close: () => Promise<void>
}

export type KitRequest = {
  readonly sequence: number
  readonly method: string
  readonly path: string
  readonly headers: JsonObject
  readonly body: string | null
  readonly bodyBytes: number
}

export type StageOptions = {
  readonly connector: Connector
  readonly start: () => Promise<KitVendor>
  /** Laid over the simulator's connection: a higher rate, an option. */
  readonly keys: JsonObject
}

export type Stage = {
  readonly connector: Connector
  readonly vendor: KitVendor
  /** The keys that are right. */
  readonly keys: JsonObject
  readonly open: (keys?: JsonObject) => Promise<OpenOnStage>
  /** The error that the work ends with. */
  readonly failureOf: (work: Promise<unknown>) => Promise<Error>
  /** Requests since the last asking. */
  readonly requests: () => Promise<readonly KitRequest[]>
}

export type OpenOnStage = { readonly opened: OpenedConnector; readonly host: EngineHost }

/** Runs the case; then nothing may be left unhandled, and no secret may stand in anything that was said. */
export async function onStage<T>(options: StageOptions, run: (stage: Stage) => Promise<T>): Promise<T> {
  const { connector } = options
  const vendor = await options.start()
  const keys: JsonObject = { ...vendor.connection, ...options.keys }
  const said: unknown[] = []
  const secrets = new Set<string>()
  const closers: (() => Promise<void>)[] = []
  const spoolDir = mkdtempSync(join(tmpdir(), 'millrace-kit-'))
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => void unhandled.push(reason)
  process.on('unhandledRejection', onUnhandled)
  let asked = 0

  const open = async (over: JsonObject = {}): Promise<OpenOnStage> => {
    const config = connector.config.parse({ ...keys, ...over })
    const own = secretKeys(connector.config)
      .map((key) => String(config[key] ?? ''))
      .filter((secret) => secret !== '')
    for (const secret of own) secrets.add(secret)
    const host = createHost({
      connection: connector.name,
      runId: 'run_kit',
      emit: (event: EngineEvent) => said.push(event),
      spoolDir,
      secrets: own,
      limiters: createLimiterRegistry(),
      retry: { initialMs: 5, maxMs: 50, attempts: 3 },
    })
    closers.push(() => host.close())
    const opened = await connector.open({ config: config as never, host }) // its own schema has just checked it
    closers.push(async () => opened.close?.())
    return { opened, host }
  }
  const stage: Stage = {
    connector,
    vendor,
    keys,
    open,
    failureOf: async (work) => {
      const error: unknown = await work.then(
        () => undefined,
        (failure: unknown) => failure,
      )
      assert(error instanceof Error, 'it was expected to fail')
      said.push(error)
      return error
    },
    requests: async () => {
      const fresh = await vendor.journal(asked)
      asked = fresh.at(-1)?.sequence ?? asked
      return fresh
    },
  }

  try {
    const result = await run(stage)
    // Rejections are told a turn later.
    await sleep(5)
    assert.deepEqual(unhandled, [], 'a rejection was left unhandled')
    const sent = await vendor.journal(0)
    for (const secret of secrets) {
      const place = findSecret([...said, ...sent.map((request) => withoutSignIn(request, secret))], secret)
      assert.equal(place, undefined, 'a secret of the connection stands in an event, an error or a request')
    }
    return result
  } finally {
    for (const close of closers.reverse()) await close()
    process.off('unhandledRejection', onUnhandled)
    await vendor.close()
    rmSync(spoolDir, { recursive: true, force: true })
  }
}

/**
 * Where a vendor takes its key: in a header, as a parameter of the query, in the body of the request that signs in. The journal knows
 * some of them by name.
 */
function withoutSignIn({ headers: _, body, path, ...rest }: KitRequest, secret: string) {
  const url = new URL(path, 'http://vendor')
  for (const name of new Set(url.searchParams.keys())) url.searchParams.delete(name, secret)
  return { ...rest, path: url.href, body: /\bgrant_type\b/.test(body ?? '') ? null : body }
}
