/** What a daemon keeps beside its project of a store that can be emptied, so that no slot comes twice and no job is lost. */
import { constants } from 'node:fs'
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import { MillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import { unlessMissing } from '../model/unless-missing.ts'
import type { KnownSchedule, SlotChanges, StoredSlot } from '../state/slot-store.ts'
import type { App } from './app.ts'

export type SlotKeeper = {
  /** false: the store was emptied or put back, and the daemons are still telling it what they know: nothing may be claimed yet. */
  readonly look: (revision: string) => Promise<boolean>
  /** A full disk is told of, and does not reject. */
  readonly save: () => Promise<void>
  /** Looks once more, where the store answers soon, and saves. */
  readonly close: () => Promise<void>
}

type Known = { readonly schedules: Map<string, KnownSchedule>; readonly slots: Map<string, StoredSlot> }

type Kept = Known & {
  life: string | null
  /** Of the store when it was last seen. */
  revision: string | null
}

export async function rememberSlots(
  { store, project, target, clock }: App,
  onProblem: (message: string) => void,
): Promise<SlotKeeper> {
  const { memory } = store
  if (memory === null) return { look: async () => true, save: async () => undefined, close: async () => undefined }
  const file = join(project.home, '.millrace', `slots-${target.name}.json`)
  const kept = await readKept(file, onProblem)
  const write = keptWriter(file)
  let seen: string | null = null
  let settledMs = -Infinity
  let checkedMs = -Infinity
  let savedMs = -Infinity
  let isChanged = false
  /** null: all of it is written. */
  let unsaved: Known | null = null
  let isTold = false
  const saveNow = async () => {
    if (!isChanged) return
    isChanged = false
    savedMs = performance.now()
    const news = unsaved
    unsaved = nothing()
    try {
      await write(kept, news)
      isTold = false
    } catch (error) {
      isChanged = true
      unsaved = null
      if (!isTold)
        onProblem(
          `writing down what Redis holds failed: ${reasonOf(error)}. The daemon works on, and tries it again each second; until then a Redis that is emptied is told of what changed by this daemon alone, while it lives.`,
        )
      isTold = true
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  // One after another: a daemon on its way out looks beside its last save.
  const save = () => {
    const mine = last.then(saveNow)
    last = mine.catch(() => undefined)
    return mine
  }
  const saveInTime = async () => {
    if (performance.now() - savedMs >= saveEveryMs) await save()
  }
  const keeper: SlotKeeper = {
    save,
    async close() {
      const looked = store.revision().then((revision) => keeper.look(revision))
      await Promise.race([looked.catch(() => undefined), sleep(lastLookMs, undefined, { ref: false })])
      await save()
    },
    async look(revision) {
      const isOlder = memory.wentBack(kept.revision, revision)
      if (!isOlder && revision === seen && performance.now() - checkedMs < checkEveryMs) {
        await saveInTime()
        return true
      }
      const life = await memory.life()
      forget(kept, clock.now())
      const isNew = life.id !== kept.life
      if (isNew || isOlder) {
        if (kept.life !== null)
          onProblem(
            `Redis ${isNew ? 'was emptied' : 'came back as it was some time ago'}: telling it again of ${kept.schedules.size} schedules and ${kept.slots.size} slots.`,
          )
        await memory.restore({ schedules: kept.schedules, slots: [...kept.slots.values()] })
        kept.life = life.id
        kept.revision = null
        seen = null
        // Where its clock was set back since, its age says nothing.
        settledMs = performance.now() + Math.min(settleMs, isNew ? settleMs - life.ageMs : settleMs)
      }
      // Every daemon tells what it knows before any of them decides what is due.
      if (performance.now() < settledMs) return false
      const changes = await memory.changes(seen)
      // It went back since: what was asked for is not what there is to know.
      if (memory.wentBack(kept.revision, changes.revision)) return false
      const news = newsOf(kept, changes)
      add(kept, news)
      isChanged ||= changes.revision !== seen
      if (seen === null) unsaved = null
      else if (unsaved !== null) add(unsaved, news)
      seen = changes.revision
      kept.revision = seen
      checkedMs = performance.now()
      await saveInTime()
      return true
    },
  }
  return keeper
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A store tells of all schedules each time. */
const newsOf = (kept: Known, { schedules, slots }: SlotChanges): Known => ({
  schedules: new Map([...schedules].filter(([name, known]) => !isDeepStrictEqual(known, kept.schedules.get(name)))),
  slots: new Map(slots.map((slot) => [`${slot.schedule} ${slot.instant}`, slot])),
})

const nothing = (): Known => ({ schedules: new Map(), slots: new Map() })

function add(known: Known, { schedules, slots }: Known): void {
  for (const [name, schedule] of schedules) known.schedules.set(name, schedule)
  for (const [key, slot] of slots) known.slots.set(key, slot)
}

/** What is long over; and what never ran and is still to come: a clock was ahead, and it has to be claimed anew. */
function forget({ slots }: Kept, now: Date): void {
  const oldest = new Date(now.getTime() - keptMs).toISOString()
  const latest = now.toISOString()
  for (const [key, { claimedAt, endedAt, instant, jobs }] of slots)
    if (endedAt !== null && (claimedAt < oldest || (jobs.length === 0 && instant > latest))) slots.delete(key)
}

async function readKept(file: string, onProblem: (message: string) => void): Promise<Kept> {
  const kept: Kept = { life: null, revision: null, ...nothing() }
  const take = (line: string) => {
    const { life, revision = null, schedules, slots } = parsed(line)
    add(kept, { schedules: new Map(schedules), slots: new Map(slots) })
    Object.assign(kept, { life, revision })
  }
  try {
    const [whole = '', ...changes] = (await readFile(file, 'utf8')).split('\n')
    take(whole)
    // Whoever wrote one that is cut off was killed then, and Redis holds it.
    for (const line of changes.filter(isSound)) take(line)
    return kept
  } catch (error) {
    const reason = reasonOf(error)
    if (!reason.includes('ENOENT')) onProblem(`reading ${file}: ${reason}. It is made anew from what Redis holds.`)
    return kept
  }
}

/** What changed is added as a line; the whole is written anew once the lines are longer than it. `news` null: it is now. */
function keptWriter(file: string): (kept: Kept, news: Known | null) => Promise<void> {
  let [ofWhole, ofLines] = [0, 0]
  return async (kept, news) => {
    if (news !== null && ofLines <= ofWhole) {
      const line = `\n${textOf({ ...kept, ...news })}`
      ofLines += line.length
      // Lines say nothing where somebody took the rest away.
      const added = appendFile(file, line, { flag: constants.O_WRONLY | constants.O_APPEND }).then(() => true)
      if (await unlessMissing(added, false)) return
    }
    const whole = textOf(kept)
    await mkdir(dirname(file), ownFolder(dirname(file)))
    const temporary = `${file}.${process.pid}`
    await writeFile(temporary, whole)
    await rename(temporary, file)
    ;[ofWhole, ofLines] = [whole.length, 0]
  }
}

/** A sign that was changed on the disk would make a slot that there never was, or one that stops every look. */
function parsed(line: string): KeptJson {
  // What `textOf` wrote; older ones have no sum.
  const { sum, ...kept } = JSON.parse(line) as KeptJson & { readonly sum?: number }
  if (sum !== undefined && sum !== sumOf(kept))
    throw new MillraceError('MR-2008', { message: 'it is damaged: its sum is another one' })
  return kept
}

function isSound(line: string): boolean {
  try {
    parsed(line)
    return true
  } catch {
    return false
  }
}

const textOf = (kept: Kept): string => {
  const json = jsonOf(kept)
  return JSON.stringify({ ...json, sum: sumOf(json) })
}

const sumOf = (kept: KeptJson): number => crc32(JSON.stringify(kept))

const jsonOf = ({ life, revision, schedules, slots }: Kept): KeptJson => ({
  life,
  revision,
  schedules: [...schedules],
  slots: [...slots],
})

type KeptJson = Pick<Kept, 'life'> & {
  /** Older ones do not say it. */
  readonly revision?: string | null
  readonly schedules: readonly (readonly [string, KnownSchedule])[]
  readonly slots: readonly (readonly [string, StoredSlot])[]
}

/** Longer than a daemon takes to notice that Redis is new, or back. */
const settleMs = 3_000
const checkEveryMs = 5_000
const saveEveryMs = 1_000
const lastLookMs = 3_000
const keptMs = 2 * 24 * 3_600_000
