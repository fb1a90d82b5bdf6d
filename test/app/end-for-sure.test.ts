import { describe, expect, it } from 'vitest'
import { endForSure } from '../../src/app/end-for-sure.ts'
import { diskFull } from '../../src/model/millrace-error.ts'
import type { Job } from '../../src/state/slot-store.ts'

const never = new AbortController().signal
const full = diskFull('control store: the disk is full', new RangeError('full'))
const job = { sync: 'stripe', schedule: 'nightly' } as Job // nothing else of it is looked at
const end = { state: 'ok', reason: null } as const

/** A store that cannot write so many times. */
function failing(times: number) {
  const store = {
    asked: 0,
    events: async () => [],
    endJob: async () => (++store.asked > times ? true : Promise.reject(full)),
  }
  return store
}
const ending = (
  store: ReturnType<typeof failing>,
  signals: { readonly signal?: AbortSignal; readonly stopping?: AbortSignal },
) => {
  const problems: string[] = []
  const { signal = never, stopping = never } = signals
  const ended = endForSure(
    { store, signal },
    { job, runId: null, end },
    { stopping, waitMs: () => 0, onProblem: (message) => void problems.push(message) },
  )
  return { ended, problems }
}

describe('a job whose end cannot be written down', () => {
  it('is ended as soon as it can be, however long that takes; it is said once', async () => {
    const { ended, problems } = ending(failing(200), {})
    expect(await ended).toBe(end)
    expect(problems).toEqual([expect.stringMatching(/the disk is full.* stripe for nightly has ended as ok/)])
  })

  it('is not tried again where a person cancelled it, though the store did not say so when the run ended', async () => {
    let asked = 0
    const cancelled = [{ type: 'run.cancelled' as const, run_id: 'r1', by: 'ann' }]
    const store = { ...failing(0), events: async () => (++asked > 1 ? cancelled : Promise.reject(full)) }
    const again = { state: 'queued', reason: null } as const
    const options = { stopping: never, waitMs: () => 0, onProblem: () => undefined }
    expect(await endForSure({ store, signal: never }, { job, runId: 'r1', end: again }, options)).toEqual({
      state: 'stopped',
      reason: 'ann cancelled it',
    })
  })

  it('is left to the next daemon, after a while, by one that is on its way out', async () => {
    const store = failing(200)
    await expect(ending(store, { stopping: AbortSignal.abort() }).ended).rejects.toBe(full)
    expect(store.asked).toBe(60)
  })

  it('is left to the next daemon at once by one that is told to end now', async () => {
    const store = failing(200)
    await expect(ending(store, { signal: AbortSignal.abort() }).ended).rejects.toBe(full)
    expect(store.asked).toBe(1)
  })
})
