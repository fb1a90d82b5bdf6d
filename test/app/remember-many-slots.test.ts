import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type * as Files from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { App } from '../../src/app/app.ts'
import { rememberSlots } from '../../src/app/remember-slots.ts'
import type { KnownSchedule, SlotMemory, StoredSlot } from '../../src/state/slot-store.ts'

let written = 0
vi.mock('node:fs/promises', async (original) => {
  const files = await original<typeof Files>()
  const counting =
    <Args extends readonly unknown[], Result>(write: (...args: Args) => Result) =>
    (...args: Args): Result => {
      written += String(args[1]).length
      return write(...args)
    }
  return { ...files, writeFile: counting(files.writeFile), appendFile: counting(files.appendFile) }
})

let home = ''
beforeEach(() => void (home = mkdtempSync(join(tmpdir(), 'millrace-remember-'))))
afterEach(() => rmSync(home, { recursive: true, force: true }))
const file = () => join(home, '.millrace', 'slots-prod.json')

const now = new Date('2026-11-21T08:00:00.000Z')

const slotOf = (n: number, state: StoredSlot['state'] = 'skipped'): StoredSlot => ({
  schedule: `often-${n}`,
  instant: new Date(now.getTime() - n * 1000).toISOString(),
  trigger: 'clock',
  state,
  reason: 'paused by somebody',
  claimedAt: now.toISOString(),
  endedAt: now.toISOString(),
  jobs: [],
})
const scheduleOf = (n: number): [string, KnownSchedule] => [
  `often-${n}`,
  { since: now.toISOString(), decidedUntil: now.toISOString(), pause: null },
]

/** A daemon beside a Redis that holds so many slots and schedules, of which `change` changes one. */
async function aKeeper(beside: number) {
  let revision = 0
  let changed: readonly StoredSlot[] = Array.from({ length: beside }, (_, n) => slotOf(n))
  const memory: SlotMemory = {
    life: async () => ({ id: 'life', ageMs: 1e9 }),
    wentBack: () => false,
    changes: async () => ({
      revision: `life.${revision}`,
      schedules: new Map(Array.from({ length: beside }, (_, n) => scheduleOf(n))),
      slots: changed,
    }),
    restore: async () => {},
  }
  const keeper = await rememberSlots(appOf(memory), expect.unreachable)
  const change = async (slots = changed) => {
    changed = slots
    await keeper.look(`life.${++revision}`)
    await keeper.save()
  }
  await change()
  return change
}

// It looks at nothing else of an app.
const appOf = (memory: SlotMemory) =>
  ({ store: { memory }, project: { home }, target: { name: 'prod' }, clock: { now: () => now } }) as unknown as App

/** What a daemon that begins then tells a Redis that is empty. */
async function told() {
  const slots = new Map<string, string>()
  const memory: SlotMemory = {
    life: async () => ({ id: 'another', ageMs: 0 }),
    wentBack: () => false,
    changes: () => expect.unreachable(),
    async restore(kept) {
      for (const { schedule, state } of kept.slots) slots.set(schedule, state)
    },
  }
  const said: string[] = []
  await (await rememberSlots(appOf(memory), (message) => said.push(message))).look('another.0')
  return { slots, said }
}

it.each([1_000, 4_000])('a slot that changed is written down alone, beside %d of two days', async (beside) => {
  const change = await aKeeper(beside)
  written = 0
  await change([slotOf(beside)])
  expect(written).toBeGreaterThan(0)
  expect(written).toBeLessThan(1_000)
})

it('what was written slot by slot is told, the last of each, and the file does not grow for ever', async () => {
  const change = await aKeeper(10)
  const whole = readFileSync(file(), 'utf8').length
  for (let n = 0; n < 50; n++) await change([slotOf(n % 12, n < 48 ? 'failed' : 'ok')])
  expect(readFileSync(file(), 'utf8').length).toBeLessThan(3 * whole)
  // A daemon that was killed as it wrote, and another one beside it.
  appendFileSync(file(), '\n{"life":"life","revision":"life.51","sched')
  await change([slotOf(99, 'ok')])
  const { slots, said } = await told()
  expect([...slots].filter(([, state]) => state === 'ok').map(([name]) => name)).toEqual([
    'often-0',
    'often-1',
    'often-99',
  ])
  expect(slots.size).toBe(13)
  expect(said).toEqual(['Redis was emptied: telling it again of 10 schedules and 13 slots.'])
})

it('a file that somebody took away is made again whole', async () => {
  const change = await aKeeper(3)
  rmSync(file())
  await change([slotOf(3)])
  const { slots, said } = await told()
  expect(slots.size).toBe(4)
  expect(said).toEqual(['Redis was emptied: telling it again of 3 schedules and 4 slots.'])
})

it('of a file of which a sign was changed on the disk nothing is told that there never was, and it stops no daemon', async () => {
  const change = await aKeeper(2)
  await change([slotOf(2)])
  const sound = readFileSync(file())
  const known = new Set(['often-0', 'often-1', 'often-2'])
  for (let at = 0; at < sound.length; at += 3) {
    const bytes = Buffer.from(sound)
    bytes[at] = (bytes[at] ?? 0) ^ 1
    writeFileSync(file(), bytes)
    const { slots, said } = await told()
    expect([at, [...slots.keys()].filter((name) => !known.has(name)), said.length]).toEqual([at, [], 1])
    expect([at, [...slots.values()].filter((state) => state !== 'skipped')]).toEqual([at, []])
  }
})

it('what an older millrace wrote, in one piece and without its sum, is told too', async () => {
  await aKeeper(3)
  const whole = readFileSync(file(), 'utf8')
  expect(whole).not.toContain('\n')
  writeFileSync(file(), whole.replace(/,"sum":\d+/, ''))
  expect((await told()).slots.size).toBe(3)
})
