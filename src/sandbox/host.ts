import type { JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { checkFault, type KnownFaults } from './check-fault.ts'
import { createClock } from './clock.ts'
import type { Day, SimulatorDefinition } from './contract.ts'
import { faultCatalogue, ownFaultsOf } from './fault-catalogue.ts'
import { openPlot, renewPlot } from './plot.ts'
import type { DaySummary, RunningSandbox } from './running-sandbox.ts'
import { createSnowflakeHost } from './snowflake-host.ts'
import { unknownVendor } from './unknown-vendor.ts'
import { startVendorServer, type VendorServer } from './vendor-server.ts'
import { forgetVendorFiles } from './vendor-file.ts'
import { openVendor, type Vendor } from './vendor.ts'
import { openWorldFile, type WorldFile } from './world-file.ts'

export type StartOptions = {
  readonly definitions: readonly SimulatorDefinition[]
  /** Where the world is kept. null: in memory. */
  readonly dir: string | null
  /** @default the kept one, or 1 */
  readonly seed?: number
  /** 1 is about 1,500 companies. @default the kept one, or 1 */
  readonly scale?: number
  /** vendor → port. @default the one that it had before, else any */
  readonly ports?: { readonly [vendor: string]: number }
  /** A new world in place of the kept one, which may be damaged. */
  readonly anew?: boolean
}

/** Starts every simulator on a port of 127.0.0.1, as the last command left it. */
export async function startSimulators(options: StartOptions): Promise<RunningSandbox> {
  const file = openWorldFile(options.dir, options.anew)
  const opened: Vendor[] = []
  const snowflake = createSnowflakeHost(options.dir)
  const servers = new Map<string, VendorServer>()
  try {
    let plot = options.anew ? renewPlot(file, options) : openPlot(file, options)
    if (options.anew && options.dir) forgetVendorFiles(options.dir)
    const clock = createClock(plot.world.epoch)
    clock.turnTo(plot.kept().day)
    for (const definition of options.definitions) opened.push(openVendor({ definition, dir: options.dir, clock }))
    const vendors = new Map(opened.map((vendor) => [vendor.name, vendor]))
    const catchUp = () => {
      for (const vendor of opened) vendor.catchUp(plot)
    }
    catchUp()
    await startServers(opened, servers, { file, ports: options.ports ?? {} })

    const find = (name: string) => {
      const vendor = vendors.get(name)
      if (!vendor) throw unknownVendor(name, vendors.keys())
      return vendor
    }
    const addresses = Object.fromEntries([...servers].map(([name, { port }]) => [name, { host, port }]))
    const connection = (name: string) => find(name).definition.connection(addresses[name] ?? { host, port: 0 })
    const sandbox: RunningSandbox = {
      addresses,
      connection,
      now: async () => clock.now(),
      journal: async (name, filter = {}) => find(name).journal.read(filter),
      show: async (name, object, id) => showRecords(find(name), object, id),
      status: async () => ({
        now: clock.now().toISOString(),
        day: clock.day(),
        seed: plot.world.seed,
        scale: plot.kept().scale,
        vendors: opened.map(({ name, store, faults, definition }) => ({
          name,
          host,
          port: addresses[name]?.port ?? 0,
          connection: connection(name),
          records: Object.fromEntries(store.types().map((type) => [type, store.count(type)])),
          faults: faults.active(),
          ownFaults: ownFaultsOf(definition.faults ?? {}),
        })),
      }),
      move: async (days = 1, seed) => {
        checkDays(days)
        const summaries: DaySummary[] = []
        for (let count = 0; count < days; count++) {
          const number = clock.day() + 1
          // Written down first: vendors that a kill keeps from playing the day play it at the next start.
          plot.beginDay(number, seed)
          clock.turnTo(number)
          catchUp()
          summaries.push(summarise(plot.day(number)))
        }
        return summaries
      },
      setFault: async (name, fault, spec) => {
        const vendor = find(name)
        checkFault(fault, spec, knownFaultsOf(vendor))
        vendor.faults.set(fault, spec)
        vendor.file.flush()
        if (fault === 'refused') await servers.get(name)?.listen(spec === null)
      },
      reset: async (seed, scale) => {
        plot = renewPlot(file, { seed, scale })
        clock.turnTo(0)
        catchUp()
        for (const server of servers.values()) await server.listen(true)
      },
      snowflake: snowflake.connection,
      close: async () => {
        await Promise.all([...servers.values()].map((server) => server.close()))
        await snowflake.close()
        for (const vendor of opened) vendor.close()
        file.close()
      },
    }
    return sandbox
  } catch (error) {
    await Promise.all([...servers.values()].map((server) => server.close()))
    for (const vendor of opened) vendor.close()
    file.close()
    throw error
  }
}

type PortKeeping = { readonly file: WorldFile; readonly ports: { readonly [vendor: string]: number } }

/** A vendor gets the port that it had before, so that an address which was written down stays good. */
async function startServers(
  vendors: readonly Vendor[],
  servers: Map<string, VendorServer>,
  { file, ports }: PortKeeping,
): Promise<void> {
  const before = file.readPorts()
  for (const vendor of vendors) {
    const fixed = ports[vendor.name]
    const server = await startVendorServer(vendor, {
      port: fixed ?? before[vendor.name] ?? 0,
      fixed: fixed !== undefined && fixed !== 0,
    })
    servers.set(vendor.name, server)
    if (vendor.faults.peek('refused')) await server.listen(false)
  }
  file.writePorts({ ...before, ...Object.fromEntries([...servers].map(([name, { port }]) => [name, port])) })
}

function showRecords({ name, store }: Vendor, object: string, id: string | undefined): readonly JsonObject[] {
  const type =
    store.types().find((each) => each === object) ??
    store.types().find((each) => each.toLowerCase() === object.toLowerCase())
  if (type === undefined) {
    throw new MillraceError('MR-1001', {
      message: `Showing ${object} of ${name}: the simulator holds no such objects.`,
      next: `It holds ${store.types().join(', ')}.`,
    })
  }
  if (id === undefined) return [...store.all(type)].map(([, record]) => record)
  const record = store.get(type, id)
  return record ? [record] : []
}

/** A simulator that does not list its own faults may have any. */
function knownFaultsOf({ name, definition }: Vendor): KnownFaults {
  const { faults } = definition
  if (!faults) return { vendor: name, faults: faultCatalogue, isOpen: true }
  return { vendor: name, faults: { ...faultCatalogue, ...ownFaultsOf(faults) }, isOpen: false }
}

function checkDays(days: number): void {
  if (Number.isInteger(days) && days >= 1 && days <= 3660) return
  throw new MillraceError('MR-1001', {
    message: `Moving the sandbox by ${days} days: it moves by whole days, from 1 to 3660.`,
    kept: 'The clock stands where it stood.',
  })
}

function summarise({ number, end, events }: Day): DaySummary {
  const counts: { [kind: string]: number } = {}
  for (const { kind } of events) counts[kind] = (counts[kind] ?? 0) + 1
  return { day: number, end: end.toISOString(), events: counts }
}

const host = '127.0.0.1'
