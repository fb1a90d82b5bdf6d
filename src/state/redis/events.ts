/** Events on Redis, for `status` and `logs`: progress added up, the rest as it came, the newest 2,000 a run. */
import { randomUUID } from 'node:crypto'
import type { EngineEvent } from '../../model/event.ts'
import type { RunRecord } from '../../model/run.ts'
import { addUpProgress, keptAlways, maxEvents, trimEvery } from '../event-progress.ts'
import type { ControlStore } from '../port.ts'
import type { Own } from './own.ts'
import { listOf, runScript, script, textOf } from './script.ts'

type Events = Pick<ControlStore, 'recordEvent' | 'events' | 'eraseKey'> & { readonly flush: () => Promise<void> }

export function storeEvents({ connection, keys }: Own): Events {
  const keysOf = (runId: string) => [keys.events + runId, keys.eventBodies + runId]
  const writer = randomUUID()
  let written = 0
  const progress = addUpProgress(async (runId, { sums, event }) => {
    // The id makes a repeat of what was written already the same event.
    const own = event
      ? [`${keptAlways.includes(event.type) ? 'k' : 'd'}:${writer}.${written++}`, JSON.stringify(event)]
      : []
    const args = [maxEvents, trimEvery, ...sums.flatMap(([of, sum]) => [`p:${of}`, JSON.stringify(sum)]), ...own]
    await connection.patiently(
      'recording events',
      (redis) => runScript(redis, save, keysOf(runId), args),
      // They are recorded one after another: in an outage they wait together, and not each for itself.
      { ms: patienceMs, since: 'outage' },
    )
  })

  return {
    recordEvent: progress.recordEvent,
    async events(runId) {
      await progress.flush(runId)
      const bodies = await connection.patiently('reading events', (redis) =>
        runScript(redis, readAll, keysOf(runId), []),
      )
      return listOf(bodies).map((body) => JSON.parse(textOf(body)) as EngineEvent) // what `save` wrote
    },
    async eraseKey({ keys: erased, syncs, dryRun }) {
      await progress.flushAll()
      let count = 0
      for (const runId of await connection.patiently('reading runs', (redis) =>
        redis.zrevrange(keys.runsNewest, 0, -1),
      )) {
        const ids = await connection.patiently('reading events', async (redis) => {
          const record = syncs === null ? null : await redis.hget(keys.runs, runId)
          // What `put` of runs.ts wrote.
          if (syncs !== null && !syncs.includes((JSON.parse(record ?? '{}') as Partial<RunRecord>).sync ?? ''))
            return []
          return tellingOf(await redis.hgetall(keys.eventBodies + runId), erased)
        })
        count += ids.length
        if (dryRun || ids.length === 0) continue
        await connection.patiently('erasing events', async (redis) => {
          await redis.zrem(keys.events + runId, ...ids)
          await redis.hdel(keys.eventBodies + runId, ...ids)
        })
      }
      return count
    },
    flush: progress.flushAll,
  }
}

const patienceMs = 5_000

/** Ids of the events that tell of a row with one of these keys. */
function tellingOf(bodies: { readonly [id: string]: string }, keys: readonly string[]): readonly string[] {
  return Object.entries(bodies).flatMap(([id, body]) => {
    const event = JSON.parse(body) as EngineEvent // what `save` wrote
    return event.type === 'row.rejected' && keys.includes(event.key) ? [id] : []
  })
}

/** A sum moves to the end with every save; any other event is written once. */
const save = script(`
local last = tonumber(redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or '0')
for i = 3, #ARGV, 2 do
  local id = ARGV[i]
  if id:sub(1, 2) == 'p:' or redis.call('HEXISTS', KEYS[2], id) == 0 then
    last = last + 1
    redis.call('ZADD', KEYS[1], whole(last), id)
    redis.call('HSET', KEYS[2], id, ARGV[i + 1])
  end
end
local max = tonumber(ARGV[1])
if redis.call('ZCARD', KEYS[1]) < max + tonumber(ARGV[2]) then return 1 end
local surplus, details = -max, {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if id:sub(1, 2) ~= 'p:' then surplus = surplus + 1 end
  if id:sub(1, 2) == 'd:' then details[#details + 1] = id end
end
if surplus < tonumber(ARGV[2]) then return 1 end
for i = 1, math.min(surplus, #details) do
  redis.call('ZREM', KEYS[1], details[i])
  redis.call('HDEL', KEYS[2], details[i])
end
return 1
`)

const readAll = script(`
local bodies = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do bodies[#bodies + 1] = redis.call('HGET', KEYS[2], id) end
return bodies
`)
