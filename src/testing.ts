/** What a connector's tests import: `import { sourceKit, destinationKit } from 'millrace/testing'`. One call each. */
import type { Connector } from './connector/contract.ts'
import { childrenCases } from './connector/kits/children-cases.ts'
import { connectionCases } from './connector/kits/connection-cases.ts'
import { completenessCases } from './connector/kits/completeness-cases.ts'
import { objectCases, objectDiscoveryCases, type ObjectOptions } from './connector/kits/destination-cases.ts'
import { fieldCases } from './connector/kits/field-cases.ts'
import { discoveryCases, streamCases, type StreamOptions } from './connector/kits/source-cases.ts'
import { operationCases } from './connector/kits/operation-cases.ts'
import { onStage, type KitVendor, type Stage, type StageOptions } from './connector/kits/stage.ts'
import { registerCases, type Case, type TestRunner } from './connector/kits/test-runner.ts'
import { MillraceError } from './model/millrace-error.ts'
import type { JsonObject } from './model/json.ts'
import type { SimulatorDefinition } from './sandbox/contract.ts'
import { startSimulators } from './sandbox/host.ts'

export type { KitVendor, ObjectOptions, StreamOptions, TestRunner }

export type KitOptions = TestRunner & {
  readonly connector: Connector
  readonly simulator: SimulatorDefinition
  /** Laid over the simulator's connection: a higher rate than the vendor allows, say. @default nothing */
  readonly keys?: JsonObject
  /** Of the sandbox's world; 1 is about 6,000 people. @default 0.02 */
  readonly scale?: number
  /** @default 1 */
  readonly seed?: number
  /** For one test, in milliseconds. @default 60_000 */
  readonly timeoutMs?: number
}

export type SourceKitOptions = KitOptions & {
  /** @default the connector's streamNames, each with its defaults */
  readonly streams?: readonly (string | StreamOptions)[]
}

export type DestinationKitOptions = KitOptions & ObjectOptions

/** Registers the tests that every source passes. */
export function sourceKit(options: SourceKitOptions): void {
  const { connector } = options
  const streams = options.streams ?? connector.streamNames
  if (!streams) throw missing(connector, 'streams: it has no streamNames that are known without a network')
  register(options, `${connector.name} as a source`, [...connectionCases, ...discoveryCases])
  for (const stream of streams) {
    const streamOptions = typeof stream === 'string' ? { name: stream } : stream
    const cases = [...streamCases(streamOptions), ...completenessCases(streamOptions), ...childrenCases(streamOptions)]
    register(
      options,
      `${connector.name}.${streamOptions.name} as a stream`,
      options.streams ? cases : cases.map((each) => unlessInside(streamOptions.name, each)),
    )
  }
}

/** Registers the tests that every object of a destination passes. */
export function destinationKit(options: DestinationKitOptions): void {
  const { connector, object } = options
  register(options, `${connector.name} as a destination`, [...connectionCases, ...objectDiscoveryCases(options)])
  register(options, `${connector.name}.${object} as an object`, [
    ...objectCases(options),
    ...fieldCases(options),
    ...operationCases(options),
  ])
}

/** What comes inside other rows is checked with these. */
const unlessInside = (name: string, { run, ...rest }: Case<Stage>): Case<Stage> => ({
  ...rest,
  run: async (stage) => {
    const { opened } = await stage.open()
    const streams = (await opened.streams?.({ names: [name], signal: new AbortController().signal })) ?? []
    const outer = streams.find(({ children }) => children.some((child) => child.name === name))
    return outer ? `it comes inside ${outer.name}` : run(stage)
  },
})

function register(options: KitOptions, title: string, cases: readonly Case<Stage>[]): void {
  const { connector, keys = {}, timeoutMs = 60_000 } = options
  const stage: StageOptions = { connector, keys, start: () => startVendor(options) }
  registerCases(options, { title, cases, timeoutMs, onStage: (run) => onStage(stage, run) })
}

async function startVendor({ simulator, scale = 0.02, seed = 1 }: KitOptions): Promise<KitVendor> {
  const sandbox = await startSimulators({ definitions: [simulator], dir: null, scale, seed })
  const { name } = simulator
  return {
    connection: sandbox.connection(name),
    now: sandbox.now,
    journal: (since) => sandbox.journal(name, { since }),
    show: async (type) => {
      const records = (await sandbox.status()).vendors[0]?.records ?? {}
      return type in records ? sandbox.show(name, type) : undefined
    },
    setFault: (fault, spec) => sandbox.setFault(name, fault, spec),
    close: sandbox.close,
  }
}

const missing = (connector: Connector, what: string) =>
  new MillraceError('MR-1401', { message: `Testing the connector ${connector.name}: give ${what}.` })
