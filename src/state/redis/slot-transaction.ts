/**
 * Reads of schedules, slots and jobs, and writes of them that depend on what was read. A write says which `life` and `rev` it
 * saw: if another one came between, Redis refuses it, and it is decided anew on what there is now. Repeating a write whose
 * answer was lost changes nothing: Redis remembers the last one of each opened store.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { MillraceError } from '../../model/millrace-error.ts'
import { isAlive, isOnThisHost } from '../process-id.ts'
import type { KnownSchedule } from '../slot-store.ts'
import { processName, slotId } from './keys.ts'
import type { Own } from './own.ts'
import { listOf, numberOf, optionalTextOf, runScript, script, textOf } from './script.ts'
import { type IsLiving, isOpenSlot, type SlotDocument } from './slot-document.ts'

export type SlotWants = {
  /** All slots with open jobs. */
  readonly open?: boolean
  readonly slots?: readonly string[]
  readonly schedules?: readonly string[] | 'all'
  /** Newest instant first; of one schedule, or of all. */
  readonly newest?: { readonly schedule: string | undefined; readonly limit: number }
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
  readonly schedules?: ReadonlyMap<string, KnownSchedule>
  /** This process gives a sign of life with it. */
  readonly beat?: boolean
  /** Old slots go. */
  readonly prune?: boolean
}

export type SlotTransactions = {
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

  const view = async (doing: string, wants: SlotWants): Promise<SlotView> => {
    const reply = await connection.patiently(doing, (redis) =>
      runScript(redis, read, readKeys, [
        own.nowMs(),
        keys.process,
        targetKeys.newestOf,
        JSON.stringify({ ...wants, allSchedules: wants.schedules === 'all' }),
      ]),
    )
    const [life, rev, nowMs, micros, slots, schedules, daemons] = listOf(reply)
    return {
      ...timesOf(numberOf(nowMs)),
      life: lifeOf(life),
      rev: numberOf(rev),
      micros: numberOf(micros),
      slots: readSlots(slots),
      schedules: readSchedules(schedules),
      isLiving: livingAmong(daemons, numberOf(nowMs) - silentMs),
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
      writes.prune ? seen.nowMs - keptMs : '',
      keptSlots,
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
      ...[...(writes.schedules ?? [])].flatMap(([name, schedule]) => [name, JSON.stringify(schedule)]),
    ]
    return (await connection.patiently(doing, (redis) => runScript(redis, write, [...writeKeys, writer], args))) === 1
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

  const shared = [targetKeys.life, targetKeys.rev, targetKeys.slots, targetKeys.open, targetKeys.newest]
  const readKeys = [...shared, targetKeys.claimed, targetKeys.changed, targetKeys.schedules, keys.daemons]
  const writeKeys = readKeys
  return {
    view,
    // One after another: those of one process would only get in each other's way.
    change(doing, wants, decide) {
      const mine = last.then(() => decideUntilWritten(doing, wants, decide))
      last = mine.catch(() => undefined)
      return mine
    },
  }

  function livingAmong(daemons: unknown, seenSinceMs: number): IsLiving {
    const known = new Map(
      listOf(daemons).map((daemon) => {
        const [name, seenMs, hasKey] = listOf(daemon)
        return [textOf(name), { seenMs: numberOf(seenMs), hasKey: hasKey === 1 }]
      }),
    )
    // Redis was away for long, and has been back for a short time: nobody could give a sign of life.
    const outage = connection.lastOutage()
    const isUnsure = outage !== null && outage.lastedMs > silentMs / 2 && outage.agoMs < silentMs
    return (owner) => {
      const daemon = known.get(processName(owner))
      if (isOnThisHost(owner) && !isAlive(owner)) return false
      if (!daemon || isUnsure) return isUnsure
      return daemon.seenMs >= seenSinceMs && (isOnThisHost(owner) || daemon.hasKey)
    }
  }
}

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
/** Redis is memory. */
const keptSlots = 20_000

/** KEYS: life rev slots open newest claimed changed schedules daemons */
const read = script(`
local wants = cjson.decode(ARGV[4])
local slots, ids, seen = {}, {}, {}
local function add(id)
  if seen[id] then return end
  seen[id] = true
  local text = redis.call('HGET', KEYS[3], id)
  if text then slots[#slots + 1] = text end
end
if wants.open then for _, id in ipairs(redis.call('SMEMBERS', KEYS[4])) do add(id) end end
for _, id in ipairs(wants.slots or {}) do add(id) end
if wants.newest then
  local from = wants.newest.schedule and ARGV[3] .. wants.newest.schedule or KEYS[5]
  for _, id in ipairs(redis.call('ZREVRANGEBYLEX', from, '+', '-', 'LIMIT', 0, whole(wants.newest.limit))) do add(id) end
end
if wants.changedAfter then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[7], '(' .. whole(wants.changedAfter), '+inf')) do add(id) end
end
if wants.claimedSinceMs then
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], whole(wants.claimedSinceMs), '+inf')) do add(id) end
end
local schedules = {}
if wants.allSchedules then
  local all = redis.call('HGETALL', KEYS[8])
  for i = 1, #all, 2 do schedules[#schedules + 1] = { all[i], all[i + 1] } end
elseif wants.schedules then
  for _, name in ipairs(wants.schedules) do
    local text = redis.call('HGET', KEYS[8], name)
    if text then schedules[#schedules + 1] = { name, text } end
  end
end
local daemons, beats = {}, redis.call('HGETALL', KEYS[9])
for i = 1, #beats, 2 do
  daemons[#daemons + 1] = { beats[i], beats[i + 1], redis.call('EXISTS', ARGV[2] .. beats[i]) }
end
return { redis.call('GET', KEYS[1]), redis.call('GET', KEYS[2]) or '0', whole(now(ARGV[1])), whole(micros()), slots,
  schedules, daemons }
`)

/** KEYS: those of \`read\`, and writer. → 0: another write came between */
const write = script(`
if redis.call('GET', KEYS[10]) == ARGV[3] then return 1 end
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] or (redis.call('GET', KEYS[2]) or '0') ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[10], ARGV[3], 'EX', 3600)
if ARGV[1] == '' then redis.call('SET', KEYS[1], ARGV[4]) end
local rev = whole(redis.call('INCR', KEYS[2]))
for _, slot in ipairs(cjson.decode(ARGV[10])) do
  redis.call('HSET', KEYS[3], slot.id, slot.text)
  redis.call(slot.isOpen and 'SADD' or 'SREM', KEYS[4], slot.id)
  redis.call('ZADD', KEYS[5], 0, slot.id)
  redis.call('ZADD', ARGV[9] .. slot.schedule, 0, slot.id)
  redis.call('ZADD', KEYS[6], whole(slot.claimedMs), slot.id)
  redis.call('ZADD', KEYS[7], rev, slot.id)
end
for i = 11, #ARGV, 2 do redis.call('HSET', KEYS[8], ARGV[i], ARGV[i + 1]) end
if ARGV[5] ~= '' then redis.call('HSET', KEYS[9], ARGV[5], ARGV[6]) end
if ARGV[7] == '' then return 1 end
local function forget(id)
  redis.call('HDEL', KEYS[3], id)
  redis.call('ZREM', ARGV[9] .. id:sub(id:find('|', 1, true) + 1), id)
  for _, key in ipairs({ KEYS[5], KEYS[6], KEYS[7] }) do redis.call('ZREM', key, id) end
end
local surplus = redis.call('ZCARD', KEYS[6]) - tonumber(ARGV[8])
local open = redis.call('SCARD', KEYS[4])
local oldest = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', '(' .. ARGV[7], 'LIMIT', 0, open + 1000)
if surplus > #oldest then oldest = redis.call('ZRANGE', KEYS[6], 0, surplus + open - 1) end
for _, id in ipairs(oldest) do
  if redis.call('SISMEMBER', KEYS[4], id) == 0 then
    local isOld = tonumber(redis.call('ZSCORE', KEYS[6], id)) < tonumber(ARGV[7])
    if isOld or surplus > 0 then
      forget(id)
      surplus = surplus - 1
    end
  end
end
return 1
`)
