import type { Context, Scan, ScanItem } from 'millrace'
import type { StripeApi } from './client.ts'
import { readChanges } from './event-pass.ts'
import { listAll } from './list-pass.ts'
import { listStart, readPosition } from './position.ts'
import type { StripeStream } from './streams.ts'

/** One scan: by events where they reach back far enough, else by the whole list. */
export async function* readStream(
  api: StripeApi,
  stream: StripeStream,
  scan: Scan,
  { host, signal }: Context,
): AsyncGenerator<ScanItem> {
  const position = readPosition(scan.resume)
  if (position?.phase === 'done') return
  if (position?.phase === 'list') yield* listAll(api, stream, { scan, from: position, signal })
  else if (scan.from === null || scan.full) yield* listAll(api, stream, { scan, from: listStart, signal })
  else if (reachesBack(scan.from, host.lastDate() ?? new Date(scan.to)))
    yield* readChanges(api, stream, { scan: { ...scan, from: scan.from }, from: position, signal })
  else {
    host.warn(
      `${stream.name}: the last complete scan ends at ${scan.from}, and Stripe keeps events for 30 days. The whole list is read instead; what was deleted meanwhile is found by \`--full-refresh\` only.`,
    )
    yield* listAll(api, stream, { scan, from: listStart, signal })
  }
}

const reachesBack = (from: string, now: Date) => now.getTime() - Date.parse(from) <= maxGapMs

/** A day less than Stripe keeps events: a scan that begins now may take that long. https://docs.stripe.com/api/events */
const maxGapMs = 29 * 86_400_000
