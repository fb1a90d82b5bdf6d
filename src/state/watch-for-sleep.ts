/**
 * Did this process sleep with its machine, so that the others were silent, too, and get their time to say that they live? Asked
 * with when it gave its own last sign of life (null: none yet) and the time now.
 */
export function watchForSleep(): (beatMs: number | null, nowMs: number) => boolean {
  let wokeMs = -Infinity
  return (beatMs, nowMs) => {
    const isLate = beatMs !== null && nowMs - beatMs > lateBeatMs
    // Set back since, it is counted from there.
    wokeMs = isLate ? nowMs : Math.min(wokeMs, nowMs)
    return nowMs - wokeMs < lateBeatMs
  }
}

/** A daemon gives a sign each 15 s. */
const lateBeatMs = 30_000
