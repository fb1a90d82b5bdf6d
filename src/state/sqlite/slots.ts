import type { Clock } from '../../model/clock.ts'
import type { ControlStore } from '../port.ts'
import type { Database } from './database.ts'

/** Slots: a scheduled instant is served once, whoever wakes up for it. */
export function storeSlots(database: Database, clock: Clock): Pick<ControlStore, 'claimSlot'> {
  const claim = database.sql.prepare(
    'insert into slots (schedule, instant, run_id, claimed_ms) values (?, ?, ?, ?) on conflict do nothing',
  )
  const prune = database.sql.prepare('delete from slots where claimed_ms < ?')
  return {
    claimSlot: (schedule, instant, runId) =>
      database.write(() => {
        const nowMs = clock.now().getTime()
        prune.run(nowMs - keptMs)
        return claim.run(schedule, instant, runId, nowMs).changes === 1
      }),
  }
}

/** Longer than any catch-up window looks back. */
const keptMs = 400 * 24 * 3_600_000
