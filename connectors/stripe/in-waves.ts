/**
 * Asks for several things at once, at most `concurrency` of them, and gives the answers in order. The next wave begins
 * when the last one is through, so that what came together was asked for together. So is one that fails: what it asked
 * for would go on beside whatever comes after it.
 */
export async function* inWaves<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<R>,
  concurrency = defaultConcurrency,
): AsyncGenerator<readonly R[]> {
  for (let at = 0; at < items.length; at += concurrency) {
    const asked = items.slice(at, at + concurrency).map(ask)
    await Promise.allSettled(asked)
    yield await Promise.all(asked)
  }
}

/** Half of what Stripe recommends against; the limiter sets the pace. https://docs.stripe.com/rate-limits#handling-limiting-gracefully */
const defaultConcurrency = 8
