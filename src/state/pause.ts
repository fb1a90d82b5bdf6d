import { setTimeout as sleep } from 'node:timers/promises'

/** Rejects with the signal's own reason, and not with the timer's. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(waitMs, undefined, { signal })
  } catch (error) {
    signal.throwIfAborted()
    throw error
  }
}

/** Waits; false: it was aborted, which for a heartbeat means that the work is done. */
export async function pausedFully(waitMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(waitMs, undefined, { signal })
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
