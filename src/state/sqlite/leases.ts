/** Leases: who may work on a destination object or a stream. The token rises with every grant, so it tells them apart. */
import type { Clock } from '../../model/clock.ts'
import type { ControlStore, LeaseGrant, LeaseRequest, ProcessId } from '../port.ts'
import { isAlive } from '../process-id.ts'
import type { Database } from './database.ts'
import type { GiveBack } from './give-back.ts'
import { holderOf, numberOf, type Row } from './row.ts'

type Leases = Pick<ControlStore, 'acquireLease' | 'renewLease' | 'holdsLease' | 'releaseLease'>

export function storeLeases(
  database: Database,
  own: { readonly clock: Clock; readonly process: ProcessId; readonly giveBack: GiveBack },
): Leases {
  const { sql } = database
  const find = sql.prepare('select * from leases where name = ?')
  const put = sql.prepare(
    `insert into leases (name, token, run_id, ttl_ms, grace_ms, since, expires_ms, host, pid, process_started_at)
     values (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (name) do update set token = token + 1, run_id = excluded.run_id, ttl_ms = excluded.ttl_ms,
       grace_ms = excluded.grace_ms, since = excluded.since, expires_ms = excluded.expires_ms,
       host = excluded.host, pid = excluded.pid, process_started_at = excluded.process_started_at
     returning token`,
  )
  const extend = sql.prepare(
    'update leases set expires_ms = ?, grace_ms = coalesce(?, grace_ms) where name = ? and token = ? and run_id = ?',
  )
  const holds = sql.prepare(
    'select 1 as one from leases where name = ? and token = ? and run_id = ? and expires_ms > ?',
  )
  // The row stays, without a holder: its token must go on rising.
  const free = sql.prepare('update leases set run_id = null where name = ? and token = ? and run_id = ?')
  const nowMs = () => own.clock.now().getTime()

  const grant = (request: LeaseRequest, previous: Row | null): LeaseGrant => {
    const { name, runId, ttlMs, graceMs } = request
    const { host, pid, startedAt } = own.process
    const since = own.clock.now().toISOString()
    const row = put.get(name, runId, ttlMs, graceMs, since, nowMs() + ttlMs, host, pid, startedAt)
    return {
      granted: true,
      lease: { name, runId, token: numberOf(row, 'token'), ttlMs },
      from: previous && holderOf(previous),
    }
  }

  return {
    acquireLease: (request) =>
      database.write(() => {
        const row = find.get(request.name)
        if (!row || row['run_id'] === null) return grant(request, null)
        const holder = holderOf(row)
        const freeAtMs = numberOf(row, 'expires_ms') + Math.max(numberOf(row, 'grace_ms'), request.graceMs)
        if (!isAlive(holder.process) || nowMs() >= freeAtMs) return grant(request, row)
        return { granted: false, holder, retryAfterMs: freeAtMs - nowMs() }
      }),
    // One that ran out and that nobody took is extended too: the token says that nobody was in between.
    renewLease: (lease) =>
      database.write(() => {
        const { name, token, runId, ttlMs, graceMs = null } = lease
        return extend.run(nowMs() + ttlMs, graceMs, name, token, runId).changes === 1
      }),
    holdsLease: (lease) => database.read(() => holds.get(lease.name, lease.token, lease.runId, nowMs()) !== undefined),
    releaseLease: (lease) =>
      own.giveBack(() => {
        free.run(lease.name, lease.token, lease.runId)
      }),
  }
}
