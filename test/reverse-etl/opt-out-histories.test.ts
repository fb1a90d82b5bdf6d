/**
 * Promise 8, tried with chance: histories of several people who opt out at the source and at the vendor, under kills,
 * refusals, lost answers, guards, changed mappings and a switch for opt-ins. A failure prints fast-check's seed and path;
 * `MILLRACE_SEED=… MILLRACE_PATH=…` plays it again.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Mapping } from '../../src/config/project.ts'
import type { Answer } from '../../src/warehouse/port.ts'
import { makeVendor, readableObject, type Fault } from './vendor.ts'
import {
  column,
  dyingWarehouse,
  intents,
  makeWorld,
  openRejects,
  optOut,
  rows,
  run,
  waitForEver,
  type Person,
  type Ran,
  type RunOptions,
  type World,
} from './world.ts'

/** A run costs 40 ms, so few histories of many people each. */
const histories = Number(process.env['MILLRACE_HISTORIES'] ?? 20)

it(`nobody is opted in by accident, and nobody's opt-out is lost, in ${histories} histories of twelve people`, async () => {
  const replay = process.env['MILLRACE_SEED']
  const result = await fc.check(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 7, size: 'max' }), async (steps) => playHistory(steps)),
    {
      numRuns: histories,
      ...(replay ? { seed: Number(replay), path: process.env['MILLRACE_PATH'] ?? '' } : {}),
      // Each history has a sync of its own in the one warehouse; shrinking is worth a minute.
      interruptAfterTimeLimit: 240_000,
    },
  )
  expect(result.failed, `${String(result.errorInstance)}\n${await fc.asyncDefaultReportMessage(result)}`).toBe(false)
}, 300_000)

async function playHistory(steps: readonly Step[]): Promise<void> {
  const world = makeWorld({ vendor: makeVendor({ batch: { rows: 4, bytes: 100_000 } }) })
  world.columns = {
    id: 'VARCHAR',
    name: 'VARCHAR',
    plan: 'VARCHAR',
    opted_out: 'BOOLEAN',
    news_out: 'BOOLEAN',
    score: 'DOUBLE',
  }
  const people = new Map<string, Person>(
    ids.map((id) => [id, { id, name: 'n0', plan: 'p0', opted_out: false, news_out: false, score: 1 }]),
  )
  const gone = new Set<string>()
  for (const each of steps) {
    for (const { id, change } of each.edits) {
      if (change === 'leave') gone.add(id)
      else if (change === 'return') gone.delete(id)
      else people.set(id, { id, ...people.get(id), ...change })
    }
    for (const id of each.atVendor) {
      const record = world.vendor.records.get(id)
      if (record) world.vendor.records.set(id, { ...record, unsubscribed: true, topic_1: true })
    }
    world.people = [...people.values()].filter(({ id }) => id !== null && !gone.has(id))
    Object.assign(world.vendor.object, each.readable ? readableObject(world.vendor) : { readBack: undefined })
    world.sync = {
      ...world.sync,
      map: mappingOf(each.mapping, each.allowOptIn),
      onRemoved: each.deletes ? { kind: 'delete' } : { kind: 'ignore' },
      optOutRemoval: each.deletes,
      parkAfter: 2,
      refreshEveryMs: each.run.kind === 'refresh' ? 1 : null,
      limits: { ...world.sync.limits, maxChanged: each.run.kind === 'guarded' ? { rows: 0 } : { fraction: 100 } },
    }
    await playStep(world, each)
  }
  await endQuietly(world)
  expectOneOptInPerTurn(world)
}

/** One run, and what it sent held against what was accepted before it. */
async function playStep(world: World, { run: kind, faults, allowOptIn }: Step): Promise<void> {
  const before = await acceptedBefore(world)
  const from = world.vendor.journal.length
  world.vendor.faults.clear()
  for (const { id, fault } of faults) world.vendor.faults.set(id, fault)
  const ran = await runOrDie(world, kind)
  const sent = world.vendor.journal.slice(from)
  for (const { key, fields } of sent)
    for (const { field, column: col } of world.sync.map.filter((mapped) => mapped.kind === 'opt_out')) {
      if (fields[field] !== false) continue
      const told = `${field} of ${key}`
      expect(allowOptIn, `${told}: the sync allows no opt-in`).toBe(true)
      expect(world.people.find(({ id }) => id === key)?.[col], `${told}: the model says`).toBe(false)
      expect(before.get(key), `${told}: at the last acceptance`).toMatchObject({ [col]: 'true', isRetry: false })
    }
  if (ran) {
    const { delivered, rejected, unknown, absent } = ran.ledger
    expect(new Set(sent.map(({ key }) => key)).size).toBeLessThanOrEqual(delivered + rejected + unknown + absent)
    const isWhole = kind.kind === 'plain' || kind.kind === 'guarded' || kind.kind === 'refresh'
    if (faults.length === 0 && isWhole) expectOptOutsThere(world)
  }
}

/** A run without a fault leaves nobody who opted out subscribed: not for a guard, nor for what else stands in the row. */
function expectOptOutsThere(world: World): void {
  for (const { id, opted_out } of world.people) {
    const record = world.vendor.records.get(id ?? '')
    if (opted_out === true && record) expect(record['unsubscribed'], `unsubscribed of ${id}`).toBe(true)
  }
}

/** Without an opt-out in between, an opt-in that the vendor may have taken is sent once: whatever comes after is a retry. */
function expectOneOptInPerTurn({ vendor }: World): void {
  const taken = vendor.journal.filter((_change, index) => !vendor.refused.has(index))
  for (const id of ids)
    for (const field of ['unsubscribed', 'topic_1']) {
      const words = taken.flatMap(({ key, fields }) =>
        key === id && typeof fields[field] === 'boolean' ? [fields[field]] : [],
      )
      for (const [index, word] of words.entries())
        if (!word) expect(words[index - 1], `${field} of ${id}: the one before ${index} of ${words.join()}`).toBe(true)
    }
}

async function endQuietly(world: World): Promise<void> {
  world.vendor.faults.clear()
  // Data are mended, and what was parked is tried again.
  world.people = world.people.map((person) => ({
    ...person,
    score: 1,
    plan: person['plan'] === 'bad' ? 'p0' : (person['plan'] ?? null),
  }))
  world.sync = {
    ...world.sync,
    parkAfter: null,
    refreshEveryMs: null,
    limits: { ...world.sync.limits, maxChanged: { fraction: 100 } },
  }
  const { error } = await run(world)
  expect(error).toBeUndefined()
  expect(await intents(world)).toEqual([])
  expect(await openRejects(world)).toEqual([])
  for (const { id, name, opted_out } of world.people) {
    const record = world.vendor.records.get(id ?? '')
    expect(record, `${id} at the vendor`).toMatchObject({
      name: String(name),
      ...(opted_out === true ? { unsubscribed: true } : {}),
    })
  }
  const sent = world.vendor.journal.length
  expect((await run(world)).ledger).toMatchObject({ unchanged: world.people.length, retry: 0, removed: 0 })
  expect(world.vendor.journal).toHaveLength(sent)
}

type Accepted = { readonly [column: string]: string | null | boolean; readonly isRetry: boolean }

/** Key → what the next run will find accepted: the snapshot, and the answers that a dead run left in its journal. */
async function acceptedBefore(world: World): Promise<ReadonlyMap<string, Accepted>> {
  const accepted = new Map<string, Accepted>()
  const table = `snapshot_${world.sync.name}`
  const known = (
    await rows(world, `SELECT column_name AS name FROM duckdb_columns() WHERE table_name = '${table}'`)
  ).map((row) => row['name'])
  const cols = ['opted_out', 'news_out'].filter((col) => known.includes(`v_${col}`))
  const open = new Set([...(await intents(world)), ...(await openRejects(world))].map((line) => line.split(' ')[0]))
  if (known.length > 0)
    for (const row of await rows(
      world,
      `SELECT key, ${cols.map((col) => `v_${col}::VARCHAR AS ${col}`).join(', ')} FROM _millrace.${table}`,
    )) {
      const { key, ...values } = row
      accepted.set(key ?? '', { ...values, isRetry: open.has(key ?? '') })
    }
  for (const { header, answers } of leftAnswers(world))
    for (const { key, state, values } of answers) {
      const own =
        state === 'accepted' && values
          ? Object.fromEntries(header.columns.map(({ name }, index) => [name, values[index] ?? null]))
          : accepted.get(key)
      accepted.set(key, { ...accepted.get(key), ...own, isRetry: state === null })
    }
  return accepted
}

type Left = {
  readonly header: { readonly columns: readonly { readonly name: string }[] }
  readonly answers: readonly Answer[]
}

function leftAnswers({ spoolDir }: World): readonly Left[] {
  if (!existsSync(spoolDir)) return []
  return readdirSync(spoolDir).flatMap((name) => {
    const directory = join(spoolDir, name)
    if (!existsSync(join(directory, 'journal.json'))) return []
    const lines = readdirSync(directory)
      .filter((file) => file.startsWith('answers-'))
      .flatMap((file) => readFileSync(join(directory, file), 'utf8').split('\n').filter(Boolean))
    // What the journal wrote.
    return [
      {
        header: JSON.parse(readFileSync(join(directory, 'journal.json'), 'utf8')) as Left['header'],
        answers: lines.map((line) => JSON.parse(line) as Answer),
      },
    ]
  })
}

/** undefined: it died. */
async function runOrDie(world: World, kind: Run): Promise<Ran | undefined> {
  let died: () => void = () => undefined
  const dead = new Promise<undefined>((resolve) => (died = () => resolve(undefined)))
  const die = () => {
    died()
    return waitForEver()
  }
  world.vendor.die = die
  return Promise.race([run(world, optionsOf(world, kind, die)), dead])
}

function optionsOf(world: World, kind: Run, die: () => Promise<never>): RunOptions {
  switch (kind.kind) {
    case 'dies':
      return { context: { warehouse: dyingWarehouse(world.warehouse, kind, die), acknowledgeRows: kind.rows } }
    case 'limited':
      return { limit: kind.rows }
    case 'loses_lease': {
      let asked = 0
      return { context: { holdsLease: () => Promise.resolve(++asked <= kind.after + 2) } }
    }
    case 'plain':
      return { context: { acknowledgeRows: kind.rows } }
    case 'guarded':
      return {}
    case 'refresh':
      return { context: { clock: { now: () => new Date('2099-01-01T00:00:00Z') } } }
    case 'rejected_only':
      return { rejectedOnly: true }
  }
}

const mappingOf = (index: number, allowOptIn: boolean): readonly Mapping[] => {
  const base = [column('id'), column('name'), optOut('unsubscribed', 'opted_out', allowOptIn)]
  if (index === 1) return [...base, column('plan')]
  if (index === 4) return [...base, column('score')]
  if (index === 2) return [...base, optOut('topic_1', 'news_out', allowOptIn)]
  if (index === 5) return [...base, optOut('topic_1', 'news_out', allowOptIn), ...made]
  // The column of one opt-out, for another field of the vendor too.
  return index === 3 ? [...base, optOut('topic_1', 'opted_out', allowOptIn)] : base
}

const { place } = column('id')

/** A template that fails for some, an object, and nulls that are left out, with the opt-outs' own columns in them. */
const made: readonly Mapping[] = [
  {
    kind: 'template',
    field: 'custom_label',
    template: '{% if plan == "bad" %}{{ plan | times: 2 }}{% endif %}{{ name }} {{ plan }} {{ opted_out }}',
    place,
  },
  {
    kind: 'object',
    field: 'custom_state',
    parts: {
      plan: { kind: 'column', column: 'plan', values: null, omitNull: true },
      out: { kind: 'column', column: 'opted_out', values: null },
    },
    place,
  },
  { kind: 'column', field: 'plan', column: 'plan', values: null, omitNull: true, place },
]

const ids = [...'abcdefghijkl']
type Run =
  | { readonly kind: 'plain'; readonly rows: number }
  | { readonly kind: 'dies'; readonly purpose: string; readonly when: 'before' | 'after'; readonly rows: number }
  | { readonly kind: 'limited'; readonly rows: number }
  | { readonly kind: 'loses_lease'; readonly after: number }
  | { readonly kind: 'guarded' }
  | { readonly kind: 'refresh' }
  | { readonly kind: 'rejected_only' }

type Step = {
  readonly edits: readonly { readonly id: string; readonly change: 'leave' | 'return' | Partial<Person> }[]
  readonly atVendor: readonly string[]
  readonly faults: readonly { readonly id: string; readonly fault: Fault }[]
  readonly allowOptIn: boolean
  /** What leaves is deleted, and that is an opt-out. */
  readonly deletes: boolean
  /** The vendor can be asked what it holds. */
  readonly readable: boolean
  readonly mapping: number
  readonly run: Run
}

const id = fc.constantFrom(...ids)

const step: fc.Arbitrary<Step> = fc.record({
  edits: fc.array(
    fc.record({
      id,
      change: fc.oneof(
        { weight: 6, arbitrary: fc.record({ opted_out: fc.constantFrom(true, true, false, false, null) }) },
        { weight: 2, arbitrary: fc.record({ news_out: fc.boolean() }) },
        { weight: 2, arbitrary: fc.record({ name: fc.constantFrom('n0', 'n1') }) },
        { weight: 1, arbitrary: fc.record({ plan: fc.constantFrom('p0', 'p1', 'bad', null) }) },
        { weight: 2, arbitrary: fc.record({ score: fc.constantFrom(1, 2, 'NaN') }) },
        { weight: 1, arbitrary: fc.constantFrom('leave' as const, 'return' as const) },
      ),
    }),
    { minLength: 4, maxLength: 16, size: 'max' },
  ),
  atVendor: fc.array(id, { maxLength: 4, size: 'max' }),
  faults: fc.array(
    fc.record({
      id,
      fault: fc.oneof(
        fc.constantFrom<Fault>({ kind: 'reject' }, { kind: 'unknown' }, { kind: 'lost' }, { kind: 'refuse_request' }),
        fc.constantFrom<Fault>(
          { kind: 'network' },
          { kind: 'answers_too_few' },
          { kind: 'die', when: 'before' },
          { kind: 'die', when: 'after' },
        ),
      ),
    }),
    { maxLength: 5, size: 'max' },
  ),
  allowOptIn: fc.boolean(),
  deletes: fc.boolean(),
  readable: fc.boolean(),
  mapping: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(2, 4, 5) }, { weight: 1, arbitrary: fc.nat(5) }),
  run: fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('plain' as const), rows: fc.constantFrom(3, 100) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('dies' as const),
        purpose: fc.constantFrom('diff', 'acknowledge'),
        when: fc.constantFrom('before' as const, 'after' as const),
        rows: fc.constantFrom(3, 100),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('limited' as const), rows: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('loses_lease' as const), after: fc.nat(2) }) },
    { weight: 1, arbitrary: fc.constantFrom({ kind: 'guarded' as const }, { kind: 'rejected_only' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'refresh' as const }) },
  ),
})
