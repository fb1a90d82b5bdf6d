/** Schedules and slots on Redis (see slot-store.ts). */
import { usualLimit, type KnownSchedule, type SlotClaim, type SlotStore } from '../slot-store.ts'
import { slotId } from './keys.ts'
import type { Own } from './own.ts'
import { runScript, script, textOf } from './script.ts'
import { claimedSlot, storedSlot, type SlotDocument } from './slot-document.ts'
import type { SlotTransactions } from './slot-transaction.ts'

type Slots = Pick<
  SlotStore,
  'knowSchedules' | 'decideAnew' | 'pauseSchedule' | 'pauses' | 'claimSlots' | 'slots' | 'revision'
>

export function storeSlots({ connection, targetKeys }: Own, transactions: SlotTransactions): Slots {
  return {
    knowSchedules: (names) =>
      transactions.change('reading schedules', { schedules: names }, ({ schedules, nowIso }) => {
        const added = names.filter((name) => !schedules.has(name)).map((name) => [name, newSchedule(nowIso)] as const)
        const all = new Map([...schedules, ...added])
        const result = new Map(names.flatMap((name) => pairOf(name, all.get(name))))
        return added.length === 0 ? { result } : { result, writes: { schedules: new Map(added) } }
      }),

    async decideAnew(names, from) {
      // One after another: thousands of slots may go, and Redis does nothing else meanwhile.
      for (const name of names)
        await transactions.change(
          'deciding anew',
          { schedules: [name], later: { schedule: name, than: from } },
          ({ schedules, slots }) => {
            const writes = {
              schedules: new Map(pairOf(name, decidedAnew(schedules.get(name), from))),
              gone: [...slots.values()].filter(({ endedAs }) => endedAs !== null),
            }
            return { result: undefined, writes }
          },
        )
    },

    pauseSchedule: (name, pause) =>
      transactions.change(`pausing ${name}`, { schedules: [name] }, ({ schedules, nowIso }) => {
        const known = schedules.get(name) ?? newSchedule(nowIso)
        return { result: undefined, writes: { schedules: new Map([[name, { ...known, pause }]]) } }
      }),

    async pauses() {
      const { schedules } = await transactions.view('reading pauses', { schedules: 'all' })
      return new Map([...schedules].flatMap(([name, { pause }]) => (pause === null ? [] : pairOf(name, pause))))
    },

    async claimSlots(claims) {
      if (claims.length === 0) return []
      const wants = {
        slots: claims.map(slotId),
        schedules: [...new Set(claims.map(({ schedule }) => schedule))],
      }
      return transactions.change('claiming slots', wants, (view) => {
        // What came by the clock may have come before; what somebody asks for is new, and no keeper may be here to tell the store.
        const isRefused = ({ trigger }: SlotClaim) => trigger !== 'hand' && transactions.isSetBack()
        const won = new Map<string, SlotDocument>()
        const decided = new Map<string, KnownSchedule>()
        const result = claims.map((claim) => {
          const { schedule, instant, trigger } = claim
          const id = slotId(claim)
          if (isRefused(claim) || view.slots.has(id) || won.has(id)) return false
          won.set(id, claimedSlot(claim, view.nowIso))
          const known = decided.get(schedule) ?? view.schedules.get(schedule)
          if (trigger === 'clock' && known && instant > known.decidedUntil)
            decided.set(schedule, { ...known, decidedUntil: instant })
          return true
        })
        if (won.size === 0) return { result }
        return { result, writes: { slots: [...won.values()], schedules: decided, prune: true } }
      })
    },

    async slots({ schedule, upTo, limit = usualLimit }) {
      const view = await transactions.view('reading slots', { newest: { schedule, upTo, limit } })
      return [...view.slots.values()].map((slot) => storedSlot(slot, view.isLiving))
    },

    async revision() {
      const text = await connection.patiently('asking what is new', (redis) =>
        runScript(redis, revision, [targetKeys.life, targetKeys.rev], []),
      )
      return textOf(text)
    },
  }
}

const decidedAnew = (known: KnownSchedule | undefined, from: string): KnownSchedule | undefined =>
  known && { ...known, since: known.since < from ? known.since : from, decidedUntil: from }

const newSchedule = (nowIso: string): KnownSchedule => ({ since: nowIso, decidedUntil: nowIso, pause: null })

const pairOf = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]])

const revision = script(`
local life = redis.call('GET', KEYS[1])
return (life and cjson.decode(life).id or '') .. '.' .. (redis.call('GET', KEYS[2]) or '0')
`)
