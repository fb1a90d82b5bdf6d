/**
 * A project with one delivery, run as commands run it: a real control store, a warehouse, a vendor in this process. A command may be
 * killed or frozen wherever it touches the warehouse or the vendor; its leases go to whoever asks for them then.
 */
import { fileURLToPath } from 'node:url'
import type { App } from '../../src/app/app.ts'
import type { Model, ReverseSync } from '../../src/config/project.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import type { ControlStore, Lease } from '../../src/state/port.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { devYaml } from '../app/dev-yaml.ts'
import { makeProjectFolder, type ProjectFolder } from '../app/project-folder.ts'
import { waitForEver } from './world.ts'

export type Fate = {
  readonly kind: 'killed' | 'frozen'
  /** The first word of a session's purpose; `request`, `job` (begun, and not run), `settling`. */
  readonly at: string
  readonly when: 'before' | 'after'
  readonly nth: number
}

export type Stage = {
  readonly project: ProjectFolder
  /** What the vendor has for the next commands. */
  readonly offer: (object: DestinationObject) => void
  /** A command as a process of its own. undefined: it is dead, or frozen. */
  readonly command: <T>(given: Command, work: (app: App, sync: ReverseSync) => Promise<T>) => Promise<T | undefined>
  /** Those that are frozen go on; on return they are over. */
  readonly thaw: () => Promise<void>
  readonly frozen: () => number
  readonly close: () => Promise<void>
}

export type Command = {
  readonly sync: ReverseSync
  /** SQL by name. */
  readonly models: { readonly [name: string]: string }
  readonly now?: Date
  readonly fate?: Fate | null
}

export async function openStage(warehouse: Warehouse): Promise<Stage> {
  const project = makeProjectFolder()
  project.write('millrace.yaml', devYaml('toy: { connector: toy }', { deliver: true }))
  project.write('connectors/toy/index.ts', connector)
  const app = await project.open()
  const ice: { readonly thaw: () => void; readonly over: Promise<unknown> }[] = []
  let offered: DestinationObject | undefined
  return {
    project,
    frozen: () => ice.length,
    offer: (object) => (offered = object),
    async command({ sync, models, now, fate = null }, work) {
      const life = makeLife(fate)
      const leases: Lease[] = []
      const own: App = {
        ...app,
        clock: now ? { now: () => now } : app.clock,
        project: { ...app.project, syncs: [sync], models: Object.entries(models).map(modelOf) },
        warehouse: mortalWarehouse(warehouse, life.pass),
        store: remembering(app.store, leases),
      }
      Object.assign(globalThis, { [offer]: offered && mortal(offered, life.pass) })
      const over = work(own, sync)
      const end = await Promise.race([over.then((value) => ({ value })), life.ended])
      if (end !== 'ended') return end.value
      for (const lease of leases) await app.store.releaseLease(lease)
      if (fate?.kind === 'frozen') ice.push({ thaw: life.thaw, over: over.catch(() => undefined) })
      return undefined
    },
    async thaw() {
      const frozen = ice.splice(0)
      for (const { thaw } of frozen) thaw()
      await Promise.all(frozen.map(({ over }) => over))
    },
    async close() {
      await app.close()
      project.remove()
    },
  }
}

type Pass = (point: string) => Promise<void>

function makeLife(fate: Fate | null) {
  let passed = 0
  let state: 'alive' | Fate['kind'] = 'alive'
  const end = Promise.withResolvers<'ended'>()
  const thawed = Promise.withResolvers<void>()
  const pass: Pass = async (point) => {
    if (fate && state === 'alive' && `${fate.when} ${fate.at}` === point && ++passed === fate.nth) {
      state = fate.kind
      end.resolve('ended')
    }
    if (state === 'killed') await waitForEver()
    if (state === 'frozen') await thawed.promise
  }
  return { ended: end.promise, thaw: () => thawed.resolve(), pass }
}

const mortalWarehouse = (warehouse: Warehouse, pass: Pass): Warehouse => ({
  ...warehouse,
  async session(request, work) {
    const purpose = request.rehearsal ? 'look' : request.purpose.split(' ')[0]
    await pass(`before ${purpose}`)
    const done = await warehouse.session(request, work)
    await pass(`after ${purpose}`)
    return done
  },
})

const mortal = (object: DestinationObject, pass: Pass): DestinationObject => {
  const { settle } = object
  return {
    ...object,
    async write(changes, context) {
      await pass('before request')
      const answer = await object.write(changes, {
        ...context,
        async saveReceipt(receipt) {
          await pass('before job')
          await context.saveReceipt(receipt)
          await pass('after job')
        },
      })
      await pass('after request')
      return answer
    },
    ...(settle && {
      async settle(receipt, context) {
        await pass('before settling')
        const answer = await settle(receipt, context)
        await pass('after settling')
        return answer
      },
    }),
  }
}

/** The store, with the leases that it gives kept in a list. */
const remembering = (store: ControlStore, leases: Lease[]): ControlStore =>
  new Proxy(store, {
    get(_store, name) {
      if (name !== 'acquireLease') return Reflect.get(store, name)
      return async (request: Parameters<ControlStore['acquireLease']>[0]) => {
        const grant = await store.acquireLease(request)
        if (grant.granted) leases.push(grant.lease)
        return grant
      }
    },
  })

const modelOf = ([name, sql]: readonly [string, string]): Model => ({
  name,
  files: [{ warehouse: null, file: `models/${name}.sql`, sql, sources: [], refs: [] }],
  sources: [],
  refs: [],
})

/** The connector is another module for the program than for its test: they meet here. */
const offer = Symbol.for('millrace-delivery-stage')

const connector = `
import { connector, z } from '${fileURLToPath(new URL('../../src/index.ts', import.meta.url))}'
export default connector({
  name: 'toy',
  config: z.strictObject({}),
  objectNames: ['person'],
  open: async () => {
    const person = globalThis[Symbol.for('millrace-delivery-stage')]
    return { check: async () => undefined, account: async () => 'toy-1', objects: async () => [person] }
  },
})
`
