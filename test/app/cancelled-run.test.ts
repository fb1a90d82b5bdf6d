import { describe, expect, it } from 'vitest'
import { endUnlessCancelled, noteCancel } from '../../src/app/cancelled-run.ts'
import type { EngineEvent } from '../../src/model/event.ts'
import type { JobEnd } from '../../src/state/slot-store.ts'

/** Holds the events of one run. */
function aStore() {
  const events: EngineEvent[] = []
  return {
    recordEvent: async (_: string, event: EngineEvent) => void events.push(event),
    events: async () => events,
  }
}
const again: JobEnd = { state: 'queued', reason: 'it was told to end', notBefore: '2026-01-01T00:00:00.000Z' }

describe('the job of a run that a person cancelled', () => {
  it.each<readonly [JobEnd, JobEnd]>([
    [again, { state: 'stopped', reason: 'ann cancelled it: it was told to end' }],
    [
      { state: 'failed', reason: null },
      { state: 'stopped', reason: 'ann cancelled it' },
    ],
    [
      { state: 'ok', reason: null },
      { state: 'ok', reason: null },
    ],
  ])('that ended as %o ends as %o', async (end, stopped) => {
    const store = aStore()
    await noteCancel(store, { runId: 'r1', by: 'ann' })
    expect(await endUnlessCancelled(store, 'r1', end)).toEqual(stopped)
  })

  it('is tried again where nobody cancelled it, or it never began', async () => {
    expect(await endUnlessCancelled(aStore(), 'r1', again)).toBe(again)
    expect(await endUnlessCancelled(aStore(), null, again)).toBe(again)
  })
})
