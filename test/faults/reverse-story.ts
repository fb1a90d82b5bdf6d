/**
 * One story by a seed: a model that changes, people who opt out at the vendor, faults of the simulator, runs that die or
 * lose their lease. Then everything is mended, and an oracle looks: the vendor holds what the model says, its journal holds
 * nothing that the ledger does not know, and no opt-out was lost or reversed.
 */
import { expect } from 'vitest'
import type { Mapping, OnRemoved } from '../../src/config/project.ts'
import type { DestinationObject } from '../../src/connector/destination.ts'
import type { Change, Operation } from '../../src/model/change.ts'
import type { JsonObject } from '../../src/model/json.ts'
import type { Random } from '../../src/sandbox/contract.ts'
import { createRandom } from '../../src/sandbox/random.ts'
import type { Warehouse } from '../../src/warehouse/port.ts'
import { makeVendor } from '../reverse-etl/vendor.ts'
import {
  column,
  intents,
  makeWorld,
  optOut,
  rows,
  run,
  waitForEver,
  type Ran,
  type World,
} from '../reverse-etl/world.ts'
import type { Destination, Stage } from './reverse-stage.ts'

type Held = { readonly name: unknown; readonly isOut: boolean | null; readonly isMarked: boolean }

/** What stories need to know of a destination. */
type Scene = {
  readonly destination: string
  readonly match: string
  readonly key: readonly string[]
  readonly map: readonly Mapping[]
  /** What leaving the model may mean there; `set` marks the record as gone. */
  readonly removals: readonly OnRemoved[]
  /** A name that the vendor does not take. */
  readonly badName: string | null
  readonly faults: readonly (readonly [string, JsonObject])[]
  /** What the vendor holds of a row; undefined: nothing. */
  readonly held: (records: readonly JsonObject[], id: string) => Held | undefined
  /** The simulator's type. */
  readonly type: string
  /** Has somebody opt out at the vendor, in its words; null: it knows no opt-outs. */
  readonly optsOut:
    ((id: string) => { readonly op: Operation; readonly key: string; readonly fields: JsonObject }) | null
}

export async function playStory(stage: Stage, seed: number): Promise<string> {
  const random = createRandom(seed, 'story')
  // Jobs wait for the vendor, which takes time: one story in eleven.
  const turn = seed % (2 * scenes.length + 1)
  const scene = turn === 0 ? jobsScene : (scenes[turn % scenes.length] ?? refuse('no scene'))
  const destination = stage.destinations.get(scene.destination) ?? refuse(`no destination ${scene.destination}`)
  const told: string[] = [`seed ${seed}, ${scene.destination}`]
  const onRemoved = random.pick(scene.removals)
  const world = makeWorld({
    vendor: { ...makeVendor(), object: destination.object },
    sync: {
      primaryKey: scene.key,
      match: scene.match,
      map: scene.map,
      onRemoved,
      parkAfter: random.pick([null, 1, 2]),
      verifyOptOuts: destination.object.readBack !== undefined && random.chance(0.2),
    },
  })
  world.columns = { id: 'VARCHAR', email: 'VARCHAR', name: 'VARCHAR', kind: 'VARCHAR', opted_out: 'BOOLEAN' }
  const from = (await stage.sandbox.journal(destination.vendor)).at(-1)?.sequence ?? 0
  const play: Play = { stage, scene, destination, world, random, told, removed: onRemoved.kind }
  const model = new Map<string, Row>()
  const earlier = new Map<string, Row>()
  const ids = Array.from({ length: random.integer(2, 11) }, (_, n) => `s${seed}-${n}`)
  try {
    for (const id of ids) if (random.chance(0.8)) model.set(id, newRow(id, random))
    let out: Words = new Map()
    for (let step = random.integer(2, 4); step > 0; step--) {
      setModel(world, model, scene.badName)
      const wrong = await setFaults(play)
      for (const row of model.values()) if (random.chance(0.5) || !earlier.has(row.id)) earlier.set(row.id, row)
      const before = await outAtVendor(play, ids)
      const ran = await playRun(play)
      await clearFaults(play, wrong)
      if (ran && wrong.length === 0) await expectOptOutsThere(play)
      expectNobodyBack(before, await outAtVendor(play, ids))
      await optOutAtVendor(play, ids)
      out = await outAtVendor(play, ids)
      editModel(model, { ids, random, earlier })
    }
    await endQuietly(play, model)
    expectNobodyBack(out, await outAtVendor(play, ids))
    await expectTruth(play, ids, model)
    await expectJournalKnown(play, from)
  } catch (error) {
    throw new Error(
      `${told.join('\n  ')}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      {
        cause: error,
      },
    )
  }
  return told.join('\n  ')
}

type Row = { readonly id: string; readonly name: string; readonly opted_out: boolean; readonly bad: boolean }

type Play = {
  readonly stage: Stage
  readonly scene: Scene
  readonly destination: Destination
  readonly world: World
  readonly random: Random
  /** What has happened so far, for whoever reads a failure. */
  readonly told: string[]
  readonly removed: OnRemoved['kind']
}

// ---------------------------------------------------------------- the model

const newRow = (id: string, random: Random): Row => ({
  id,
  name: `n${random.integer(0, 2)}`,
  opted_out: random.chance(0.25),
  bad: random.chance(0.08),
})

function editModel(
  model: Map<string, Row>,
  {
    ids,
    random,
    earlier,
  }: { readonly ids: readonly string[]; readonly random: Random; readonly earlier: ReadonlyMap<string, Row> },
): void {
  // A model that is empty for once: a load that went wrong.
  if (random.chance(0.08)) return model.clear()
  for (const id of ids) {
    if (!random.chance(0.5)) continue
    const row = model.get(id)
    const before = earlier.get(id)
    // Back to what it was, which the vendor may have accepted once.
    if (before && random.chance(0.4)) model.set(id, before)
    else if (row && random.chance(0.2)) model.delete(id)
    else if (row) model.set(id, { ...row, ...change(row, random) })
    else if (random.chance(0.6)) model.set(id, newRow(id, random))
  }
}

const change = (row: Row, random: Random): Partial<Row> =>
  random.pick<Partial<Row>>([
    { name: `n${random.integer(0, 3)}` },
    { opted_out: true },
    { opted_out: true, bad: true },
    { opted_out: !row.opted_out },
    { bad: !row.bad },
  ])

function setModel(world: World, model: ReadonlyMap<string, Row>, badName: string | null = null): void {
  world.people = [...model.values()].map(({ id, name, opted_out, bad }) => ({
    id,
    email: `${id}@x.example`,
    name: bad && badName !== null ? badName : name,
    kind: '301',
    opted_out,
  }))
}

// ---------------------------------------------------------------- one run

async function setFaults({ stage, scene, destination, random, told }: Play): Promise<readonly string[]> {
  const names: string[] = []
  for (let count = random.pick([0, 1, 1, 2]); count > 0; count--) {
    const [name, keys] = random.pick([...wireFaults, ...scene.faults])
    // Salesforce names no time.
    const spec = name === 'rate_limit' && destination.vendor !== 'salesforce' ? { retry_after: 0 } : keys
    const times = random.pick<number | 'always'>([1, 1, 2, 'always'])
    const after = random.integer(0, 3)
    await stage.sandbox.setFault(destination.vendor, name, { ...spec, times, after })
    told.push(`fault ${name} ${JSON.stringify(spec)} after ${after}, ${times} times`)
    names.push(name)
  }
  return names
}

async function clearFaults({ stage, destination }: Play, names: readonly string[]): Promise<void> {
  for (const name of names) await stage.sandbox.setFault(destination.vendor, name, null)
}

/** The run, where it was a whole one and went to its end. One that dies: whatever is on its way then still reaches the vendor, and nobody hears of it. */
async function playRun(play: Play): Promise<Ran | undefined> {
  const { world, random, destination, told } = play
  const death = random.chance(0.45) ? random.pick(deaths) : undefined
  const nth = random.integer(1, 3)
  const loses = death === undefined && random.chance(0.12) ? random.integer(0, 5) : Infinity
  const life = makeLife(death, nth)
  world.vendor = { ...world.vendor, object: mortal(destination.object, life) }
  let asked = 0
  const part = random.pick([{}, {}, {}, {}, {}, {}, {}, { limit: random.integer(0, 4) }, { rejectedOnly: true }])
  const ran = run(world, {
    ...part,
    context: {
      warehouse: mortalWarehouse(world.warehouse, life),
      callContext: (signal) => destination.host.context(signal),
      lostAnswers: destination.lostAnswers,
      acknowledgeRows: random.pick([1, 3, 100]),
      holdsLease: () => Promise.resolve(++asked <= loses),
    },
  }).then(
    (done) => done,
    (error: unknown) => error,
  )
  const end = await Promise.race([ran, life.dead])
  await Promise.allSettled(life.onTheWay)
  if (end === undefined) told.push(`died ${death} (${nth}) with ${world.people.length} rows`)
  else if (end instanceof Error) told.push(`failed: ${end.message}`)
  else {
    const { ledger, error } = end as Ran // the only other thing that `ran` is
    told.push(`run of ${world.people.length}: ${summary(ledger)}${error ? ` ${error.code}` : ''}`)
    return Object.keys(part).length === 0 && !error ? (end as Ran) : undefined // as above
  }
  return undefined
}

const summary = (ledger: object) =>
  Object.entries(ledger)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

type Death = (typeof deaths)[number]
const deaths = [
  'before a request',
  'after a request',
  'after diff',
  'before acknowledge',
  'after acknowledge',
  'before receipt',
  'after receipt',
] as const

type Life = {
  readonly dead: Promise<undefined>
  readonly onTheWay: Set<Promise<unknown>>
  /** Dies here, if it is here that it should; nothing of a dead run goes on. */
  readonly pass: (point: string) => Promise<void>
}

function makeLife(death: Death | undefined, nth: number): Life {
  let isDead = false
  let passed = 0
  let die: () => void = () => undefined
  return {
    dead: new Promise<undefined>((resolve) => (die = () => resolve(undefined))),
    onTheWay: new Set(),
    async pass(point) {
      if (!isDead && point === death && ++passed >= nth) {
        isDead = true
        die()
      }
      if (isDead) await waitForEver()
    },
  }
}

function mortal(object: DestinationObject, life: Life): DestinationObject {
  const track = async <T>(work: Promise<T>): Promise<T> => {
    life.onTheWay.add(work)
    try {
      return await work
    } finally {
      life.onTheWay.delete(work)
    }
  }
  const { settle, readBack } = object
  return {
    ...object,
    batch: { ...object.batch, rows: Math.min(4, object.batch.rows) },
    async write(changes, context) {
      await life.pass('before a request')
      // Whoever is dead does not hear of what was still on its way; a job that waits for its receipt has not begun.
      const answered = Promise.race([object.write(changes, context), life.dead.then(() => [])])
      await track(answered.catch(() => []))
      await life.pass('after a request')
      return answered
    },
    ...(settle && { settle: (receipt, context) => track(settle(receipt, context)) }),
    ...(readBack && { readBack: (changes, context) => track(readBack(changes, context)) }),
  }
}

const mortalWarehouse = (warehouse: Warehouse, life: Life): Warehouse => ({
  ...warehouse,
  async session(request, work) {
    const purpose = request.purpose.split(' ')[0] ?? ''
    await life.pass(`before ${purpose}`)
    const result = await warehouse.session(request, work)
    await life.pass(`after ${purpose}`)
    return result
  },
})

// ---------------------------------------------------------------- the oracle

const holdings = async ({ stage, scene, destination }: Play) => {
  const records = await stage.sandbox.show(destination.vendor, scene.type)
  return (id: string) => scene.held(records, id)
}

type Words = ReadonlyMap<string, boolean | null>

/** Who is there, and whether they are opted out. */
async function outAtVendor(play: Play, ids: readonly string[]): Promise<Words> {
  const heldOf = await holdings(play)
  return new Map(
    ids.flatMap((id) => {
      const held = heldOf(id)
      return held ? [[id, held.isOut] as const] : []
    }),
  )
}

/** Nobody in these stories may be opted in: no sync allows it. A record that was deleted, and made anew, says nothing. */
function expectNobodyBack(before: Words, after: Words): void {
  expect([...before].filter(([id, isOut]) => isOut && after.get(id) === false)).toEqual([])
}

/** A whole run without a fault leaves nobody who opted out subscribed: not for what else stands in the row. */
async function expectOptOutsThere(play: Play): Promise<void> {
  const heldOf = await holdings(play)
  const out = play.world.people.filter(({ opted_out }) => opted_out === true).map(({ id }) => id ?? '')
  expect(
    out.filter((id) => heldOf(id)?.isOut === false),
    'opted out in the model, and not at the vendor',
  ).toEqual([])
}

/** People say it at the vendor itself, through whatever else writes there. */
async function optOutAtVendor(play: Play, ids: readonly string[]): Promise<void> {
  const { scene, destination, random } = play
  if (!scene.optsOut || !random.chance(0.4)) return
  const heldOf = await holdings(play)
  const id = random.pick(ids)
  if (!heldOf(id)) return
  const said: Change = { ...scene.optsOut(id), previous: null, idempotencyKey: `person-${id}` }
  const context = destination.host.context(new AbortController().signal)
  const saveReceipt = () => Promise.resolve()
  const [result] = await destination.object.write([said], { ...context, match: scene.match, options: {}, saveReceipt })
  expect(result, `${id} opts out at the vendor`).toEqual({ outcome: 'ok' })
}

/** Everything is mended; a few runs later there is nothing left to do. */
async function endQuietly(play: Play, model: Map<string, Row>): Promise<void> {
  const { world, destination, told } = play
  for (const [id, row] of model) model.set(id, { ...row, bad: false })
  setModel(world, model)
  world.sync = { ...world.sync, parkAfter: null, verifyOptOuts: false }
  world.vendor = { ...world.vendor, object: destination.object }
  const context = { callContext: (signal: AbortSignal) => destination.host.context(signal) }
  for (let tries = 0; tries < 3; tries++) {
    const { ledger, error } = await run(world, { context })
    told.push(`clean run of ${world.people.length}: ${summary(ledger)}${error ? ` ${error.message}` : ''}`)
    expect(error).toBeUndefined()
    if (ledger.unchanged === world.people.length && ledger.removed + ledger.delivered === 0) break
    expect(tries, 'clean runs until nothing is left to do').toBeLessThan(2)
  }
  expect(await intents(world)).toEqual([])
}

async function expectTruth(play: Play, ids: readonly string[], model: ReadonlyMap<string, Row>): Promise<void> {
  const heldOf = await holdings(play)
  const { removed, scene, world } = play
  const tombstones = new Map(
    (await rows(world, `SELECT key, state FROM _millrace.snapshot_${world.sync.name}`)).map(({ key, state }) => [
      key,
      state,
    ]),
  )
  for (const id of ids) {
    const row = model.get(id)
    const record = heldOf(id)
    if (row) {
      // Where nothing but an opt-in would have been said, nothing was.
      if (scene.type === 'subscription') {
        if (row.opted_out) expect(record?.isOut, `${id} opted out`).toBe(true)
        continue
      }
      expect(record, `${id} at the vendor`).toMatchObject({ name: row.name })
      if (row.opted_out && record?.isOut !== null) expect(record?.isOut, `${id} opted out`).toBe(true)
    } else if (removed === 'delete') expect(record, `${id} is deleted`).toBeUndefined()
    else if (removed === 'set' && record) expect(record.isMarked, `${id} is marked as gone`).toBe(true)
    if (!row) expect(tombstones.get(id), `the snapshot of ${id}`).not.toBe('accepted')
  }
}

/** What a request spoke of has a line in the changes: as delivered, refused, unknown or sent again. */
async function expectJournalKnown({ stage, destination, world }: Play, from: number): Promise<void> {
  const entries = await stage.sandbox.journal(destination.vendor, { since: from })
  const spoken = new Set(
    entries
      .filter(({ method }) => method !== 'GET')
      .flatMap(({ body }) => [...(body ?? '').matchAll(/s\d+-\d+/g)].map(String)),
  )
  const known = await rows(world, `SELECT DISTINCT key FROM _millrace.changes WHERE sync = '${world.sync.name}'`)
  const keys = known.map(({ key }) => /s\d+-\d+/.exec(key ?? '')?.[0] ?? '')
  expect([...spoken].filter((id) => !keys.includes(id))).toEqual([])
}

function refuse(what: string): never {
  throw new Error(what)
}

// ---------------------------------------------------------------- the destinations

const wireFaults: readonly (readonly [string, JsonObject])[] = [
  ['reset_before', {}],
  ['reset_after', {}],
  ['status', { status: 500 }],
  ['status', { status: 503 }],
  ['status', { status: 429 }],
  ['status', { status: 408 }],
  ['status', { status: 400 }],
  ['status', { status: 401 }],
  ['html', {}],
  ['error_200', {}],
  ['cut_json', {}],
  ['truncated_gzip', {}],
  ['wrong_length', {}],
  ['rate_limit', {}],
]

const ignore: OnRemoved = { kind: 'ignore' }
const remove: OnRemoved = { kind: 'delete' }

const personScene = {
  key: ['id'],
  match: 'id',
} as const

const salesforceContact: Scene = {
  ...personScene,
  destination: 'salesforce Contact',
  match: 'Person_Id__c',
  type: 'Contact',
  map: [column('Person_Id__c', 'id'), column('LastName', 'name'), optOut('HasOptedOutOfEmail', 'opted_out')],
  removals: [ignore, remove, { kind: 'set', values: { Title: 'gone' } }],
  badName: 'x'.repeat(100),
  faults: [
    ['lock_rows', {}],
    ['refuse_rows', {}],
    ['server_unavailable', {}],
    ['expire_tokens', {}],
    ['bulk_fails', {}],
    ['bulk_aborted', {}],
    ['bulk_in_progress', {}],
    ['daily_limit', {}],
  ],
  held: (records, id) => {
    const found = records.find((record) => record['Person_Id__c'] === id && record['IsDeleted'] !== true)
    return (
      found && {
        name: found['LastName'],
        isOut: found['HasOptedOutOfEmail'] === true,
        isMarked: found['Title'] === 'gone',
      }
    )
  },
  optsOut: (id) => ({ op: 'update', key: id, fields: { Person_Id__c: id, HasOptedOutOfEmail: true } }),
}

const jobsScene: Scene = { ...salesforceContact, destination: 'salesforce jobs Contact' }

const scenes: readonly Scene[] = [
  {
    ...personScene,
    destination: 'customerio person',
    type: 'person',
    map: [column('id'), column('email'), column('name'), optOut('unsubscribed', 'opted_out')],
    removals: [ignore, remove, { kind: 'set', values: { plan: 'gone' } }],
    badName: 'x'.repeat(2000),
    faults: [
      ['bad_items', { every: 3 }],
      ['bad_items', { every: 2, whole: true }],
    ],
    held: (records, id) => {
      const found = records.find((record) => record['id'] === id)
      const attributes = found?.['attributes'] as JsonObject | undefined // every person has them
      return (
        found && {
          name: attributes?.['name'],
          isOut: found['unsubscribed'] === true,
          isMarked: attributes?.['plan'] === 'gone',
        }
      )
    },
    optsOut: (id) => ({ op: 'update', key: id, fields: { id, unsubscribed: true } }),
  },
  salesforceContact,
  {
    ...personScene,
    destination: 'hubspot contact',
    match: 'person_id',
    type: 'contact',
    map: [column('person_id', 'id'), column('email'), column('firstname', 'name')],
    removals: [ignore, { kind: 'set', values: { jobtitle: 'gone' } }],
    badName: null,
    faults: [
      ['bad_items', { every: 3 }],
      ['all_or_nothing', {}],
      ['unnamed_errors', {}],
      ['empty_results', {}],
      ['empty_results', { applied: true }],
      ['gateway_timeout', {}],
      ['locked', {}],
    ],
    held: (records, id) => {
      const found = records
        .map((record) => record['properties'] as JsonObject) // all records have them
        .find((properties) => properties['person_id'] === id)
      return found && { name: found['firstname'], isOut: null, isMarked: found['jobtitle'] === 'gone' }
    },
    optsOut: null,
  },
  {
    destination: 'hubspot subscription',
    key: ['id', 'kind'],
    match: 'email',
    type: 'subscription',
    map: [
      column('email'),
      column('subscription_id', 'kind'),
      { ...optOut('status', 'opted_out'), out: 'UNSUBSCRIBED', in: 'SUBSCRIBED' } as Mapping, // an opt-out in the vendor's words
    ],
    removals: [ignore],
    badName: null,
    faults: [
      ['gateway_timeout', {}],
      ['empty_results', {}],
      ['empty_results', { applied: true }],
      ['unnamed_errors', {}],
    ],
    held: (records, id) => {
      const found = records.find((record) => record['subscriberIdString'] === `${id}@x.example`)
      return found && { name: null, isOut: found['status'] === 'UNSUBSCRIBED', isMarked: false }
    },
    optsOut: (id) => ({
      op: 'upsert',
      key: `${id}@x.example`,
      fields: { email: `${id}@x.example`, subscription_id: '301', status: 'UNSUBSCRIBED' },
    }),
  },
  {
    ...personScene,
    destination: 'salesforce Account',
    match: 'External_Id__c',
    type: 'Account',
    map: [column('External_Id__c', 'id'), column('Name', 'name')],
    removals: [ignore, remove, { kind: 'set', values: { Site: 'gone' } }],
    badName: 'x'.repeat(300),
    faults: salesforceContact.faults,
    held: (records, id) => {
      const found = records.find((record) => record['External_Id__c'] === id && record['IsDeleted'] !== true)
      return found && { name: found['Name'], isOut: null, isMarked: found['Site'] === 'gone' }
    },
    optsOut: null,
  },
]
