export type Joined = {
  readonly signal: AbortSignal
  /** Follows none of them any more. */
  readonly release: () => void
}

/** One that is aborted as soon as any of them is. Not AbortSignal.any: a run's signal outlives thousands of calls, and must not gather a listener from each. */
export function joinSignals(signals: readonly (AbortSignal | undefined)[]): Joined {
  const controller = new AbortController()
  const distinct = new Set(signals.filter((signal) => signal !== undefined))
  const stops = [...distinct].map((signal) => ({ signal, stop: () => controller.abort(signal.reason) }))
  for (const { signal, stop } of stops) {
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
  }
  return {
    signal: controller.signal,
    release() {
      for (const { signal, stop } of stops) signal.removeEventListener('abort', stop)
    },
  }
}
