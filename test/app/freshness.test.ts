import { expect, it } from 'vitest'
import { refuseStaleInputsIn } from '../../src/app/may-deliver.ts'
import type { RunRecord } from '../../src/model/run.ts'
import { makeWorld } from '../reverse-etl/world.ts'

it('an input that was loaded in time is fresh, however many loads have failed since; and its age is told', async () => {
  const world = makeWorld()
  const now = new Date('2026-11-20T12:00:00.000Z')
  const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString()
  const load = (minutes: number, status: RunRecord['status']): RunRecord => ({
    run_id: `load-${minutes}`,
    sync: 'crm',
    kind: 'etl',
    status,
    target: 'prod',
    trigger: 'schedule',
    slot: null,
    requests: 1,
    seconds: 1,
    started_at: ago(minutes),
    finished_at: ago(minutes),
    commit: null,
    ledger: null,
  })
  await world.warehouse.session({ runId: 'test', purpose: 'look' }, async (session) => {
    const check = (hours: number) =>
      refuseStaleInputsIn(
        session,
        { clock: { now: () => now } },
        { ...world.sync, freshness: { crm: hours * 3_600_000 } },
      )
    // Every five minutes; the vendor has been away for four hours and a quarter.
    await session.state.writeRun(load(260, 'ok'))
    for (let minutes = 255; minutes > 0; minutes -= 5) await session.state.writeRun(load(minutes, 'failed'))
    await expect(check(24)).resolves.toBeUndefined()
    await expect(check(4)).rejects.toThrow(`last loaded 4.3 h ago (${ago(260)})`)
  })
})
