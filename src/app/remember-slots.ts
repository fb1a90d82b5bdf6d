/** What a daemon keeps beside its project of a store that can be emptied, so that no slot comes twice and no job is lost. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asMillraceError } from '../model/millrace-error.ts'
import { ownFolder } from '../model/own-folder.ts'
import type { KnownSchedule, SlotChanges, StoredSlot } from '../state/slot-store.ts'
import type { App } from './app.ts'

export type SlotKeeper = {
  /** false: the store was emptied or put back, and the daemons are still telling it what they know: nothing may be claimed yet. */
  readonly look: (revision: string) => Promise<boolean>
  readonly save: () => Promise<void>
}

type Kept = {
  life: string | null
  /** Of the store when it was last seen. */
  revision: string | null
  readonly schedules: Map<string, KnownSchedule>
  readonly slots: Map<string, StoredSlot>
}

export async function rememberSlots(
  { store: { memory }, project, target, clock }: App,
  onProblem: (message: string) => void,
): Promise<SlotKeeper> {
  if (memory === null) return { look: async () => true, save: async () => undefined }
  const file = join(project.home, '.millrace', `slots-${target.name}.json`)
  const kept = await readKept(file, onProblem)
  let seen: string | null = null
  let settledMs = -Infinity
  let checkedMs = -Infinity
  let savedMs = -Infinity
  let isChanged = false
  const save = async () => {
    if (!isChanged) return
    isChanged = false
    savedMs = performance.now()
    await writeKept(file, kept)
  }
  return {
    save,
    async look(revision) {
      const isOlder = memory.wentBack(kept.revision, revision)
      if (!isOlder && revision === seen && performance.now() - checkedMs < checkEveryMs) return true
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
        settledMs = performance.now() + (isNew ? 0 : settleMs)
      }
      // Every daemon tells what it knows before any of them decides what is due.
      if (life.ageMs < settleMs || performance.now() < settledMs) return false
      const changes = await memory.changes(seen)
      // It went back since: what was asked for is not what there is to know.
      if (memory.wentBack(kept.revision, changes.revision)) return false
      add(kept, changes)
      isChanged ||= changes.revision !== seen
      seen = changes.revision
      kept.revision = seen
      checkedMs = performance.now()
      if (performance.now() - savedMs >= saveEveryMs) await save()
      return true
    },
  }
}

function add(kept: Kept, { schedules, slots }: SlotChanges): void {
  for (const [name, schedule] of schedules) kept.schedules.set(name, schedule)
  for (const slot of slots) kept.slots.set(`${slot.schedule} ${slot.instant}`, slot)
}

/** What is long over; and what never ran and is still to come: a clock was ahead, and it has to be claimed anew. */
function forget({ slots }: Kept, now: Date): void {
  const oldest = new Date(now.getTime() - keptMs).toISOString()
  const latest = now.toISOString()
  for (const [key, { claimedAt, endedAt, instant, jobs }] of slots)
    if (endedAt !== null && (claimedAt < oldest || (jobs.length === 0 && instant > latest))) slots.delete(key)
}

async function readKept(file: string, onProblem: (message: string) => void): Promise<Kept> {
  try {
    const { life, revision = null, schedules, slots } = JSON.parse(await readFile(file, 'utf8')) as KeptJson // what `writeKept` wrote
    return { life, revision, schedules: new Map(schedules), slots: new Map(slots) }
  } catch (error) {
    const { message } = asMillraceError(error, `reading ${file}`)
    if (!message.includes('ENOENT')) onProblem(`${message}. It is made anew from what Redis holds.`)
    return { life: null, revision: null, schedules: new Map(), slots: new Map() }
  }
}

async function writeKept(file: string, kept: Kept): Promise<void> {
  await mkdir(dirname(file), ownFolder(dirname(file)))
  const temporary = `${file}.${process.pid}`
  await writeFile(temporary, JSON.stringify(jsonOf(kept)))
  await rename(temporary, file)
}

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
const keptMs = 2 * 24 * 3_600_000
