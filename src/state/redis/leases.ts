/**
 * Leases on Redis: who may work on a destination object or a stream. The token rises with every grant, also over a store
 * that was emptied, since it begins with Redis's clock. A request whose answer was lost is repeated under the same `claim`.
 */
import { randomUUID } from 'node:crypto'
import type { ControlStore, Holder, Lease, LeaseGrant, ProcessId } from '../port.ts'
import { isAlive, isOnThisMachine } from '../process-id.ts'
import type { Patience } from './connection.ts'
import type { Own } from './own.ts'
import { listOf, numberOf, optionalTextOf, runScript, script, textOf, type Script } from './script.ts'

type Leases = Pick<ControlStore, 'acquireLease' | 'renewLease' | 'holdsLease' | 'releaseLease'>

export function storeLeases({ connection, keys, nowMs, process, presence, giveBack }: Own): Leases {
  const keysOf = ({ name }: { readonly name: string }) => [keys.lease(name)]
  return {
    async acquireLease(request) {
      const { name, runId, ttlMs, graceMs } = request
      const claim = randomUUID()
      const ask = async (deadToken: string): Promise<LeaseGrant & { readonly token: string }> => {
        const args = [nowMs(), claim, deadToken, runId, JSON.stringify(process), ttlMs, graceMs]
        const reply = await connection.patiently(`taking the lease ${name}`, (redis) =>
          runScript(redis, acquire, keysOf(request), args),
        )
        const [granted, token, run, by, since, retryAfterMs] = listOf(reply)
        const holder = holderOf(run, by, since)
        if (granted === 1)
          return { granted: true, lease: { name, runId, token: numberOf(token), ttlMs }, from: holder, token: '' }
        // Refused: then there is a holder.
        return { granted: false, holder: holder as Holder, retryAfterMs: numberOf(retryAfterMs), token: textOf(token) }
      }
      const { token, ...first } = await ask('')
      const isFree = !first.granted && isDeadHere(first.holder.process)
      const { token: _, ...grant } = isFree ? await ask(token) : { ...first, token }
      if (grant.granted) await presence.show()
      return grant
    },
    // One that ran out and that nobody took is extended too: the token says that nobody was in between.
    renewLease: (lease) => is(`renewing the lease ${lease.name}`, renew, lease, { ms: lease.ttlMs / 3 }),
    holdsLease: (lease) => is(`asking for the lease ${lease.name}`, holds, lease, { ms: holdsPatienceMs }),
    releaseLease: (lease) =>
      giveBack(`giving back the lease ${lease.name}`, (redis) =>
        runScript(redis, release, keysOf(lease), argsOf(lease)),
      ),
  }

  async function is(doing: string, what: Script, lease: Lease, patience: Patience): Promise<boolean> {
    const reply = await connection.patiently(
      doing,
      (redis) => runScript(redis, what, keysOf(lease), argsOf(lease)),
      patience,
    )
    return reply === 1
  }

  function argsOf({
    token,
    runId,
    ttlMs,
    graceMs = '',
  }: Lease & { readonly graceMs?: number | '' }): (string | number)[] {
    return [nowMs(), token, runId, ttlMs, graceMs]
  }
}

const isDeadHere = (process: ProcessId): boolean => isOnThisMachine(process) && !isAlive(process)

function holderOf(run: unknown, by: unknown, since: unknown): Holder | null {
  const runId = optionalTextOf(run)
  if (runId === null || runId === '') return null
  const process = JSON.parse(textOf(by)) as ProcessId // what `acquireLease` wrote
  return { runId, process, since: new Date(numberOf(since)).toISOString() }
}

/** Whoever asks before a request of a delivery would rather send nothing than wait long. */
const holdsPatienceMs = 3_000

/** → { granted, token, run, process, since of the holder (refused) or of whom it was taken from, wait } */
const acquire = script(`
local at = now(ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'token', 'run', 'process', 'since', 'expires', 'grace', 'claim', 'from')
if held[7] == ARGV[2] then
  local from = held[8] ~= '' and cjson.decode(held[8]) or {}
  return { 1, held[1], from[1] or '', from[2] or '', from[3] or '0', '0' }
end
local isHeld = held[1] and held[2] ~= ''
if isHeld and held[1] ~= ARGV[3] then
  local free = tonumber(held[5]) + math.max(tonumber(held[6]), tonumber(ARGV[7]))
  if at < free then return { 0, held[1], held[2], held[3], held[4], whole(free - at) } end
end
local token = whole(held[1] and tonumber(held[1]) + 1 or micros())
local from = isHeld and cjson.encode({ held[2], held[3], held[4] }) or ''
redis.call('HSET', KEYS[1], 'token', token, 'run', ARGV[4], 'process', ARGV[5], 'since', whole(at),
  'expires', whole(at + tonumber(ARGV[6])), 'ttl', ARGV[6], 'grace', ARGV[7], 'claim', ARGV[2], 'from', from)
if isHeld then return { 1, token, held[2], held[3], held[4], '0' } end
return { 1, token, '', '', '0', '0' }
`)

const ifMine = `
local mine = redis.call('HMGET', KEYS[1], 'token', 'run', 'expires')
if mine[1] ~= ARGV[2] or mine[2] ~= ARGV[3] then return 0 end
`

const renew = script(`${ifMine}
redis.call('HSET', KEYS[1], 'expires', whole(now(ARGV[1]) + tonumber(ARGV[4])))
if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'grace', ARGV[5]) end
return 1
`)

const holds = script(`${ifMine}
if tonumber(mine[3]) > now(ARGV[1]) then return 1 end
return 0
`)

/** The hash stays, without a holder: its token must go on rising. */
const release = script(`${ifMine}
redis.call('HSET', KEYS[1], 'run', '')
return 1
`)
