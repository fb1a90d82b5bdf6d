/**
 * Reads of schedules, slots and jobs, and writes of them that depend on what was read. A write says which `life` and `rev` it
 * saw: if another one came between, Redis refuses it, and it is decided anew on what there is now. Repeating a write whose
 * answer was lost changes nothing: Redis remembers the last one of each opened store.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../../model/millrace-error.ts'
import { isAlive, isOnThisMachine, isSameProcess } from '../process-id.ts'
import { usualLimit, type KnownSchedule } from '../slot-store.ts'
import { watchForSleep } from '../watch-for-sleep.ts'
import { processName, slotId } from './keys.ts'
import type { Own } from './own.ts'
import { listOf, numberOf, optionalTextOf, runScript, textOf } from './script.ts'
import { readSlotsScript, writeSlotsScript } from './slot-scripts.ts'
import { type IsLiving, isOpenSlot, type SlotDocument } from './slot-document.ts'

export type SlotWants = {
  /** All slots with open jobs. */
  readonly open?: boolean
  readonly slots?: readonly string[]
  readonly schedules?: readonly string[] | 'all'
  /** Newest instant first; of one schedule, or of all; none later than `upTo`. */
  readonly newest?: {
    readonly schedule: string | undefined
    readonly upTo: string | undefined
    readonly limit: number
  }
  /** Slots of a schedule with later instants than that. */
  readonly later?: { readonly schedule: string; readonly than: string }
  /** Slots that were written after this `rev`. */
  readonly changedAfter?: number
  /** Slots that were claimed since. */
  readonly claimedSinceMs?: number
}

export type SlotView = {
  readonly life: Life | null
  readonly rev: number
  readonly nowMs: number
  readonly nowIso: string
  /** Of a clock that no test holds: what a new token must be above. */
  readonly micros: number
  readonly slots: ReadonlyMap<string, SlotDocument>
  readonly schedules: ReadonlyMap<string, KnownSchedule>
  readonly isLiving: IsLiving
}

export type Life = { readonly id: string; readonly bornAtMs: number }

export type SlotWrites = {
  readonly slots?: readonly SlotDocument[]
  /** These are forgotten. */
  readonly gone?: readonly SlotDocument[]
  readonly schedules?: ReadonlyMap<string, KnownSchedule>
  /** This process gives a sign of life with it. */
  readonly beat?: boolean
  /** Old slots go. */
  readonly prune?: boolean
}

export type SlotTransactions = {
  /** How often a view showed another life than was seen before it was asked for, or an earlier `rev` of it. */
  readonly setbacks: () => number
  /** After so many of those the store was told what it had forgotten. */
  readonly mend: (setbacks: number) => void
  /** It has forgotten some of what was seen here, and was not told yet: by what it shows nobody gets a job, or has lost one. */
  readonly isSetBack: () => boolean
  /** Slots that were written here, until `told`: nobody else may know of them when they are lost. */
  readonly untold: () => readonly SlotDocument[]
  readonly told: (slots: readonly SlotDocument[]) => void
  readonly view: (doing: string, wants: SlotWants) => Promise<SlotView>
  /** `decide` is asked again when another write came between: it must have no effects. No `writes`: nothing is written. */
  readonly change: <T>(
    doing: string,
    wants: SlotWants,
    decide: (view: SlotView) => { readonly result: T; readonly writes?: SlotWrites },
  ) => Promise<T>
}

export function openTransactions(own: Own): SlotTransactions {
  const { connection, keys, targetKeys, silentMs } = own
  const writer = targetKeys.writer(randomUUID())
  let last: Promise<unknown> = Promise.resolve()
  let latest: Pick<SlotView, 'life' | 'rev'> = { life: null, rev: 0 }
  let setbacks = 0
  let mended = 0
  const untold = new Map<string, SlotDocument>()
  const hasSlept = watchForSleep()

  const view = async (doing: string, wants: SlotWants): Promise<SlotView> => {
    const known = latest
    const reply = await connection.patiently(doing, (redis) =>
      runScript(redis, readSlotsScript, sharedKeys, [
        own.nowMs(),
        keys.process,
        targetKeys.newestOf,
        JSON.stringify({ ...wants, allSchedules: wants.schedules === 'all' }),
      ]),
    )
    const [life, rev, nowMs, micros, slots, schedules, daemons] = listOf(reply)
    const seen = { life: lifeOf(life), rev: numberOf(rev) }
    const isSetBack = known.life !== null && (!isSameLife(seen, known) || seen.rev < known.rev)
    if (isSetBack) setbacks++
    // Answers may be read in another order than they were given in.
    if (isSetBack || !isSameLife(seen, latest) || seen.rev > latest.rev) latest = seen
    return {
      ...timesOf(numberOf(nowMs)),
      ...seen,
      micros: numberOf(micros),
      slots: readSlots(slots),
      schedules: readSchedules(schedules),
      isLiving: livingAmong(daemons, numberOf(nowMs)),
    }
  }

  const commit = async (doing: string, seen: SlotView, writes: SlotWrites): Promise<boolean> => {
    const life = seen.life ?? { id: randomUUID(), bornAtMs: seen.nowMs }
    const args = [
      seen.life === null ? '' : JSON.stringify(life),
      seen.rev,
      randomUUID(),
      JSON.stringify(life),
      writes.beat ? processName(own.process) : '',
      seen.nowMs,
      writes.prune ? JSON.stringify({ before: seen.nowMs - keptMs, most: keptSlots, ofEach: usualLimit }) : '',
      targetKeys.newestOf,
      JSON.stringify(
        (writes.slots ?? []).map((slot) => ({
          id: slotId(slot),
          schedule: slot.schedule,
          isOpen: isOpenSlot(slot),
          claimedMs: Date.parse(slot.claimedAt),
          text: JSON.stringify(slot),
        })),
      ),
      JSON.stringify((writes.gone ?? []).map(slotId)),
      ...[...(writes.schedules ?? [])].flatMap(([name, schedule]) => [name, JSON.stringify(schedule)]),
    ]
    const reply = await connection.patiently(doing, (redis) =>
      runScript(redis, writeSlotsScript, [...sharedKeys, writer], args),
    )
    if (reply !== 1) return false
    noteWritten({ life, rev: seen.rev + 1 }, writes)
    return true
  }

  function noteWritten(written: Pick<SlotView, 'life' | 'rev'>, { slots = [], gone = [] }: SlotWrites): void {
    for (const slot of slots) untold.set(slotId(slot), slot)
    for (const slot of gone) untold.delete(slotId(slot))
    // Of another life it was read meanwhile: that one is later.
    if (latest.life === null || (isSameLife(written, latest) && written.rev > latest.rev)) latest = written
  }

  const decideUntilWritten: SlotTransactions['change'] = async (doing, wants, decide) => {
    const until = performance.now() + giveUpAfterMs
    for (;;) {
      const seen = await view(doing, wants)
      const { result, writes } = decide(seen)
      if (!writes || (await commit(doing, seen, writes))) return result
      if (performance.now() > until) throw tooManyWriters(connection.where, doing)
      await sleep(Math.random() * 10)
    }
  }

  const { life, rev, slots, open, newest, claimed, changed, schedules } = targetKeys
  const sharedKeys = [life, rev, slots, open, newest, claimed, changed, schedules, keys.daemons]
  return {
    setbacks: () => setbacks,
    mend: (upTo) => void (mended = upTo),
    isSetBack: () => setbacks > mended,
    untold: () => [...untold.values()],
    told(slots) {
      for (const slot of slots) if (untold.get(slotId(slot)) === slot) untold.delete(slotId(slot))
    },
    view,
    // One after another: those of one process would only get in each other's way.
    change(doing, wants, decide) {
      const mine = last.then(() => decideUntilWritten(doing, wants, decide))
      last = mine.catch(() => undefined)
      return mine
    },
  }

  function livingAmong(daemons: unknown, nowMs: number): IsLiving {
    const known = new Map(
      listOf(daemons).map((daemon) => {
        const [name, seenMs, hasKey] = listOf(daemon)
        return [textOf(name), { seenMs: numberOf(seenMs), hasKey: hasKey === 1 }]
      }),
    )
    // Redis sleeps with the machine that it and they are on.
    const isJustAwake = hasSlept(known.get(processName(own.process))?.seenMs ?? null, nowMs)
    // Redis was away for long, and has been back for a short time: nobody could give a sign of life.
    const outage = connection.lastOutage()
    const wasAway = outage !== null && outage.lastedMs > silentMs / 2 && outage.agoMs < silentMs
    const isUnsure = wasAway || isJustAwake
    return (owner) => {
      // Whoever asks lives, though the machine slept and it gave no sign for long.
      if (isSameProcess(owner, own.process)) return true
      const daemon = known.get(processName(owner))
      if (isOnThisMachine(owner) && !isAlive(owner)) return false
      if (!daemon || isUnsure) return isUnsure
      return daemon.seenMs >= nowMs - silentMs && (isOnThisMachine(owner) || daemon.hasKey)
    }
  }
}

const isSameLife = (a: Pick<SlotView, 'life'>, b: Pick<SlotView, 'life'>): boolean =>
  a.life !== null && a.life.id === b.life?.id

const timesOf = (nowMs: number) => ({ nowMs, nowIso: new Date(nowMs).toISOString() })

export function lifeOf(text: unknown): Life | null {
  const found = optionalTextOf(text)
  return found === null || found === '' ? null : (JSON.parse(found) as Life) // what `write` wrote
}

function readSlots(reply: unknown): ReadonlyMap<string, SlotDocument> {
  const slots = listOf(reply).map((text) => JSON.parse(textOf(text)) as SlotDocument) // what `write` wrote
  return new Map(slots.map((slot) => [slotId(slot), slot]))
}

function readSchedules(reply: unknown): ReadonlyMap<string, KnownSchedule> {
  const found = listOf(reply).map((pair) => {
    const [name, text] = listOf(pair)
    return [textOf(name), JSON.parse(textOf(text)) as KnownSchedule] as const // what `write` wrote
  })
  return new Map(found)
}

const tooManyWriters = (where: string, doing: string) =>
  new MillraceError('MR-6004', {
    message: `control store on Redis at ${where}: ${doing} failed: others wrote without a pause for ${giveUpAfterMs / 1_000} s`,
    kept: 'Nothing was written.',
    next: 'How many daemons work on this Redis? Run again.',
  })

const giveUpAfterMs = 20_000
/** Longer than any catch-up window looks back. */
const keptMs = 400 * 24 * 3_600_000
/** Redis is memory. Of each schedule as many stay as a reader gets who does not say how many. */
const keptSlots = 20_000
