/** What lets the daemons fill a Redis again that was emptied: its life, what changed, and a merge that goes only forward. */
import { randomUUID } from 'node:crypto'
import type { KnownSchedule, SlotMemory } from '../slot-store.ts'
import { slotId } from './keys.ts'
import { mergeSchedules, mergeSlots } from './merge-slots.ts'
import type { Own } from './own.ts'
import { listOf, numberOf, runScript, script } from './script.ts'
import { slotDocument, storedSlot, type SlotDocument } from './slot-document.ts'
import { lifeOf, type SlotTransactions } from './slot-transaction.ts'

export function storeMemory(
  { connection, targetKeys, nowMs }: Own,
  transactions: SlotTransactions,
  beat: () => Promise<void>,
): SlotMemory {
  return {
    async life() {
      const reply = await connection.patiently('asking for the life of the store', (redis) =>
        runScript(redis, beginLife, [targetKeys.life], [nowMs(), randomUUID()]),
      )
      const [text, at] = listOf(reply)
      const life = lifeOf(text)
      return { id: life?.id ?? '', ageMs: numberOf(at) - (life?.bornAtMs ?? 0) }
    },

    wentBack(known, now) {
      const [before, after] = [readRevision(known ?? ''), readRevision(now)]
      return transactions.isSetBack() || (before.id === after.id && after.rev < before.rev)
    },

    async changes(after) {
      const doing = 'asking what changed'
      // Its rev may be of an earlier life: which one it is, the answer says.
      const { id, rev } = readRevision(after ?? '')
      const untold = transactions.untold()
      const since = after === null ? null : await transactions.view(doing, { schedules: 'all', changedAfter: rev })
      const isSameLife = since !== null && (since.life?.id ?? '') === id
      const view = isSameLife
        ? since
        : await transactions.view(doing, { schedules: 'all', open: true, claimedSinceMs: await twoDaysAgo() })
      if (!transactions.isSetBack()) transactions.told(untold)
      return {
        revision: `${view.life?.id ?? ''}.${view.rev}`,
        schedules: view.schedules,
        slots: [...view.slots.values()].map((slot) => storedSlot(slot, view.isLiving)),
      }
    },

    async restore({ schedules, slots }) {
      // What is mended here counts as seen, too.
      await transactions.view('looking at what there is', {})
      const setbacks = transactions.setbacks()
      // Signs of life are gone too, and jobs of a daemon without one would be given to others.
      await beat()
      const names = [...schedules.keys()]
      const documents = withUntold(slots.map(slotDocument))
      for (let from = 0; from < Math.max(names.length, documents.length); from += atOnce)
        await restoreSome(names.slice(from, from + atOnce), documents.slice(from, from + atOnce))
      // From here on a setback is one behind what was told.
      await transactions.view('looking at what there is', {})
      transactions.mend(setbacks)

      function restoreSome(some: readonly string[], remembered: readonly SlotDocument[]): Promise<void> {
        const wants = { schedules: some, slots: remembered.map(slotId) }
        return transactions.change('restoring what is remembered', wants, (view) => {
          const writes = {
            schedules: new Map(some.flatMap((name) => raised(name, schedules.get(name), view.schedules.get(name)))),
            slots: remembered.flatMap((slot) => raisedSlot(slot, view.slots.get(slotId(slot)))),
          }
          // What is there already is not written again, so that those who remember the same do not wake each other for ever.
          return writes.schedules.size + writes.slots.length === 0
            ? { result: undefined }
            : { result: undefined, writes }
        })
      }
    },
  }

  /** What a daemon wrote just before it was lost, none of them remembers yet. */
  function withUntold(remembered: readonly SlotDocument[]): readonly SlotDocument[] {
    const all = new Map(remembered.map((slot) => [slotId(slot), slot]))
    for (const slot of transactions.untold()) {
      const known = all.get(slotId(slot))
      all.set(slotId(slot), known ? mergeSlots(known, slot) : slot)
    }
    return [...all.values()]
  }

  async function twoDaysAgo(): Promise<number> {
    const { nowMs: at } = await transactions.view('asking for the time', {})
    return at - 2 * 24 * 3_600_000
  }
}

function readRevision(revision: string): { readonly id: string; readonly rev: number } {
  const [id = '', rev = '0'] = revision.split('.')
  return { id, rev: Number(rev) }
}

function raised(
  name: string,
  remembered: KnownSchedule | undefined,
  there: KnownSchedule | undefined,
): [string, KnownSchedule][] {
  if (!remembered) return []
  const merged = there ? mergeSchedules(there, remembered) : remembered
  return isSame(merged, there) ? [] : [[name, merged]]
}

function raisedSlot(remembered: SlotDocument, there: SlotDocument | undefined): SlotDocument[] {
  const merged = there ? mergeSlots(there, remembered) : remembered
  return isSame(merged, there) ? [] : [merged]
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** So many in one write, which holds Redis up for some milliseconds. */
const atOnce = 200

/** → { life, now } */
const beginLife = script(`
local at = now(ARGV[1])
redis.call('SET', KEYS[1], '{"id":"' .. ARGV[2] .. '","bornAtMs":' .. whole(at) .. '}', 'NX')
return { redis.call('GET', KEYS[1]), whole(at) }
`)
