/** Three vendors' simulators with the real connectors on them, in this process: where seeded stories are played. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import customerio from '../../connectors/customerio/index.ts'
import customerioSimulator from '../../connectors/customerio/sandbox.ts'
import hubspot from '../../connectors/hubspot/index.ts'
import hubspotSimulator from '../../connectors/hubspot/sandbox.ts'
import salesforce from '../../connectors/salesforce/index.ts'
import salesforceSimulator from '../../connectors/salesforce/sandbox.ts'
import type { Connector } from '../../src/connector/contract.ts'
import { createHost, type EngineHost } from '../../src/connector/create-host.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import { createLimiterRegistry } from '../../src/connector/limiter.ts'
import type { JsonObject } from '../../src/model/json.ts'
import { startSimulators } from '../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'

export type Destination = {
  readonly vendor: string
  readonly host: EngineHost
  /** Requests that its host has made again, and that may have been taken. */
  readonly lostAnswers: () => number
  readonly object: DestinationObject
}

export type Stage = {
  readonly sandbox: RunningSandbox
  readonly destinations: ReadonlyMap<string, Destination>
  readonly close: () => Promise<void>
}

/** `salesforce Contact`, and with `jobs` those whose every batch is a job of the Bulk API. */
export async function openStage(): Promise<Stage> {
  const sandbox = await startSimulators({
    definitions: [customerioSimulator, hubspotSimulator, salesforceSimulator],
    dir: null,
    scale: 0.01,
  })
  const destinations = new Map<string, Destination>()
  const closers: (() => Promise<void>)[] = []
  for (const { name, connector, vendor, keys, objects } of connections) {
    let lostAnswers = 0
    const host = createHost({
      connection: vendor,
      runId: 'run_story',
      emit: () => undefined,
      onAnswerLost: () => void lostAnswers++,
      spoolDir: mkdtempSync(join(tmpdir(), 'millrace-story-')),
      secrets: [],
      limiters: createLimiterRegistry(),
      retry: { initialMs: 1, maxMs: 2, attempts: 2, malformedAttempts: 2, maxRetryAfterMs: 20, budgetMs: 2000 },
    })
    const config = connector.config.parse({ ...sandbox.connection(vendor), ...keys })
    // Its own schema has just checked it.
    const opened = await connector.open({ config: config as never, host })
    closers.push(async () => {
      await opened.close?.()
      await host.close()
    })
    for (const object of (await opened.objects?.({ names: objects, signal: new AbortController().signal })) ?? [])
      destinations.set(`${name} ${object.name}`, { vendor, host, object, lostAnswers: () => lostAnswers })
  }
  return {
    sandbox,
    destinations,
    close: async () => {
      for (const close of closers) await close()
      await sandbox.close()
    },
  }
}

const connections: readonly {
  readonly name: string
  readonly vendor: string
  readonly connector: Connector
  readonly keys: JsonObject
  readonly objects: readonly string[]
}[] = [
  {
    name: 'customerio',
    vendor: 'customerio',
    connector: customerio,
    keys: { rate_per_second: 1000 },
    objects: ['person'],
  },
  {
    name: 'hubspot',
    vendor: 'hubspot',
    connector: hubspot,
    keys: { requests_per_10_seconds: 10_000 },
    objects: ['contact', 'subscription'],
  },
  { name: 'salesforce', vendor: 'salesforce', connector: salesforce, keys: {}, objects: ['Account', 'Contact'] },
  {
    name: 'salesforce jobs',
    vendor: 'salesforce',
    connector: salesforce,
    keys: { bulk_from: 1, bulk_wait_seconds: 1 },
    objects: ['Contact'],
  },
]
