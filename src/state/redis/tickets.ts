/**
 * Tickets on Redis: the queue for a resource. Of those whose process lives, the lowest numbers have their turn, one for each
 * place. Numbers begin with Redis's clock, so that none comes twice in a store that was emptied.
 */
import { randomUUID } from 'node:crypto'
import { MillraceError } from '../../model/millrace-error.ts'
import type { ControlStore, Holder, ProcessId, Ticket } from '../port.ts'
import { isAlive, isOnThisMachine } from '../process-id.ts'
import type { Own } from './own.ts'
import { listOf, numberOf, runScript, script, textOf } from './script.ts'

type Tickets = Pick<ControlStore, 'takeTicket' | 'ticketBefore' | 'returnTicket'>
type Waiting = Holder & { readonly id: string; readonly seenMs: number }
type TicketBody = {
  readonly runId: string
  readonly purpose: string
  readonly process: ProcessId
  readonly sinceMs: number
}

export function storeTickets({ connection, keys, nowMs, process, presence, giveBack }: Own): Tickets {
  /** By this process, though they may still stand in the queue. */
  const returned = new Set<string>()
  const queueOf = (resource: string) => [keys.tickets(resource), keys.ticketBodies(resource), keys.ticketSeen(resource)]

  const removeGone = (ticket: Ticket, gone: readonly Waiting[]) =>
    connection.patiently(`skipping the tickets of dead processes for ${ticket.resource}`, (redis) =>
      runScript(
        redis,
        skip,
        queueOf(ticket.resource),
        gone.flatMap(({ id, seenMs }) => [id, seenMs]),
      ),
    )

  return {
    async takeTicket({ resource, runId, purpose, places = 1 }) {
      const queue = [...queueOf(resource), keys.ticketLast, keys.ticketRequest(randomUUID())]
      const args = [nowMs(), runId, purpose, JSON.stringify(process)]
      const id = await connection.patiently(`queueing for ${resource}`, (redis) => runScript(redis, take, queue, args))
      await presence.show()
      return { id: numberOf(id), resource, places }
    },
    async ticketBefore(ticket) {
      const reply = await connection.patiently(`asking for one's turn with ${ticket.resource}`, (redis) =>
        runScript(redis, before, queueOf(ticket.resource), [nowMs(), ticket.id, seenEveryMs]),
      )
      const [at, isQueued, ...rows] = listOf(reply)
      if (isQueued !== 1) throw ticketGone(connection.where, ticket.id)
      const waiting = rows.map(readWaiting)
      const gone = waiting.filter((one) => isGone(one, numberOf(at)))
      if (gone.length > 0) await removeGone(ticket, gone)
      const living = waiting.filter((one) => !gone.includes(one) && !returned.has(one.id))
      const [first] = living
      if (!first || living.length < ticket.places) return null
      return { runId: first.runId, process: first.process, since: first.since }
    },
    returnTicket: ({ id, resource }) => {
      returned.add(`${id}`)
      return giveBack(`giving back a ticket for ${resource}`, async (redis) => {
        await runScript(redis, remove, queueOf(resource), [id])
        returned.delete(`${id}`)
      })
    },
  }
}

function readWaiting(row: unknown): Waiting {
  const [id, body, seenMs] = listOf(row)
  const { runId, process, sinceMs } = JSON.parse(textOf(body)) as TicketBody // what `take` wrote
  return { id: textOf(id), runId, process, since: new Date(sinceMs).toISOString(), seenMs: numberOf(seenMs) }
}

/** Here the process itself tells; of another host or container only its silence does. */
const isGone = ({ process, seenMs }: Waiting, nowMs: number): boolean =>
  isOnThisMachine(process) ? !isAlive(process) : nowMs - seenMs > silentMs

const ticketGone = (where: string, id: number) =>
  new MillraceError('MR-6003', {
    message: `control store on Redis at ${where}: ticket ${id} is no longer in the queue; Redis was emptied, or this machine slept too long`,
    next: 'Run again.',
  })

/** `withTicket` asks for its turn again at least this often, also while it has it: that is its sign of life. */
const seenEveryMs = 5_000
const silentMs = 120_000

const take = script(`
local given = redis.call('GET', KEYS[5])
if given then return given end
local id = whole(math.max(micros(), tonumber(redis.call('GET', KEYS[4]) or '0') + 1))
local at = now(ARGV[1])
redis.call('SET', KEYS[4], id)
redis.call('SET', KEYS[5], id, 'PX', 120000)
redis.call('ZADD', KEYS[1], id, id)
redis.call('HSET', KEYS[2], id, '{"runId":' .. cjson.encode(ARGV[2]) .. ',"purpose":' .. cjson.encode(ARGV[3])
  .. ',"process":' .. ARGV[4] .. ',"sinceMs":' .. whole(at) .. '}')
redis.call('HSET', KEYS[3], id, whole(at))
return id
`)

/** → { now, is mine in the queue, { id, body, seen } of each one before mine } */
const before = script(`
local at = now(ARGV[1])
local seen = redis.call('HGET', KEYS[3], ARGV[2])
if not seen then return { whole(at), 0 } end
if at - tonumber(seen) > tonumber(ARGV[3]) then redis.call('HSET', KEYS[3], ARGV[2], whole(at)) end
local reply = { whole(at), 1 }
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[2])) do
  reply[#reply + 1] = { id, redis.call('HGET', KEYS[2], id), redis.call('HGET', KEYS[3], id) }
end
return reply
`)

/** A ticket that gave a sign of life since it was looked at stays. */
const skip = script(`
for i = 1, #ARGV, 2 do
  if redis.call('HGET', KEYS[3], ARGV[i]) == ARGV[i + 1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('HDEL', KEYS[2], ARGV[i])
    redis.call('HDEL', KEYS[3], ARGV[i])
  end
end
return 1
`)

const remove = script(`
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
return 1
`)
