import { AsyncLocalStorage } from 'node:async_hooks'
import { join } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'
import type { SandboxClock } from './clock.ts'
import { orDamaged } from './damaged-kept.ts'
import type { SimulatorContext, SimulatorDefinition } from './contract.ts'
import { createFaultBoard, type ActiveFault, type FaultBoard, type FaultRequest, type FaultSpec } from './fault.ts'
import { openJournal, type Journal } from './journal.ts'
import type { Plot } from './plot.ts'
import { openStore, type ClearableStore } from './store.ts'
import { openVendorFile, type VendorFile } from './vendor-file.ts'

/** One vendor in the sandbox: its simulator with what the host keeps for it. */
export type Vendor = {
  readonly name: string
  readonly definition: SimulatorDefinition
  readonly file: VendorFile
  readonly store: ClearableStore
  readonly journal: Journal
  readonly faults: FaultBoard
  readonly now: () => Date
  readonly serve: (request: Request) => Promise<Response>
  /** Runs `work` as one request: within it, a fault is asked for once. Says which faults fell on it. */
  readonly asRequest: <T>(
    asked: FaultRequest,
    work: () => Promise<T>,
  ) => Promise<{ readonly result: T; readonly met: readonly string[] }>
  /** Seeds it where it is empty, and plays the days that it has not played. */
  readonly catchUp: (plot: Plot) => void
  readonly close: () => void
}

export type VendorParts = {
  readonly definition: SimulatorDefinition
  readonly dir: string | null
  readonly clock: SandboxClock
}

/** @throws MillraceError MR-6001 where its file is damaged */
export function openVendor(parts: VendorParts): Vendor {
  const path = parts.dir === null ? null : join(parts.dir, `${parts.definition.name}.sqlite`)
  const vendor = orDamaged(path, () => openVendorAt(path, parts))
  return { ...vendor, catchUp: (plot) => orDamaged(path, () => vendor.catchUp(plot)) }
}

function openVendorAt(path: string | null, { definition, clock }: VendorParts): Vendor {
  const { name } = definition
  const file = openVendorFile(path)
  const store = openStore(file)
  const journal = openJournal(file)
  const faults = createFaultBoard(file.getFact<KeptFaults>('faults') ?? {}, (active) => file.setFact('faults', active))
  // Each request asks a fault once: a simulator that looks twice sees the same, and `times` counts requests.
  const asking = new AsyncLocalStorage<{ readonly asked: FaultRequest; readonly seen: Map<string, FaultSpec | null> }>()
  const fault = (wanted: string) => {
    const scope = asking.getStore()
    if (!scope) return faults.peek(wanted)
    const known = scope.seen.get(wanted)
    if (known !== undefined) return known
    const spec = faults.play(wanted, scope.asked)
    scope.seen.set(wanted, spec)
    return spec
  }
  let handler: ReturnType<SimulatorDefinition['serve']> | null = null

  return {
    name,
    definition,
    file,
    store,
    journal,
    faults,
    now: clock.now,
    serve: async (request) => handler?.(request) ?? new Response('The sandbox is being filled.', { status: 503 }),
    asRequest: async (asked, work) => {
      const seen = new Map<string, FaultSpec | null>()
      const result = await asking.run({ asked, seen }, work)
      return { result, met: [...seen].filter(([, spec]) => spec !== null).map(([wanted]) => wanted) }
    },
    catchUp: (plot) => {
      const context: SimulatorContext = { world: plot.world, store, now: clock.now, fault }
      const today = clock.day()
      try {
        if (file.getFact<string>('world') !== plot.id) seed(plot, context)
        for (let day = (file.getFact<number>('day') ?? 0) + 1; day <= today; day++) {
          clock.turnTo(day)
          // The day and its number are one transaction: a kill in the middle plays it again, whole.
          file.batch(() => {
            blaming(name, 'move', () => definition.move(context, plot.day(day)))
            file.setFact('day', day)
          })
        }
      } finally {
        clock.turnTo(today)
      }
      handler ??= definition.serve(context)
    },
    close: () => file.close(),
  }

  function seed(plot: Plot, context: SimulatorContext) {
    handler = null
    clock.turnTo(0)
    file.batch(() => {
      store.clear()
      journal.clear()
      faults.clear()
      blaming(name, 'seed', () => definition.seed(context))
      file.setFact('world', plot.id)
      file.setFact('day', 0)
    })
  }
}

/** It may be a project's own. */
function blaming(name: string, step: 'seed' | 'move', play: () => void): void {
  try {
    play()
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('MR-6001', {
      message: `\`${step}\` of the simulator of ${name}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      kept: 'The kept world is as it was.',
      next: `Mend it in the connector's sandbox.ts, and try again.`,
      cause,
    })
  }
}

type KeptFaults = { readonly [name: string]: ActiveFault }
