import type { Cursor, ScanState } from '../model/cursor.ts'

export type ScanRequest = {
  readonly cursor: Cursor
  /** The vendor's clock. */
  readonly vendorNow: Date
  /** Ours. */
  readonly now: Date
  readonly lagMs: number
  readonly overlapMs: number
  /** Report days that the vendor corrects: how far back they are read again, and how often. null: only the overlap is. */
  readonly restate: { readonly windowMs: number; readonly everyMs: number } | null
  /** `--full-refresh`: a pass over everything, dropping a scan that is under way. */
  readonly full: boolean
  readonly scanId: string
}

export type BegunScan = { readonly cursor: Cursor & { readonly scan: ScanState }; readonly resumed: boolean }

/**
 * The scan to go on with, or a new one: half-open from the watermark (less the overlap) to the vendor's now less the lag.
 * The bound is fixed here, at the start, and never taken from the rows that come (promise 10).
 */
export function beginScan(request: ScanRequest): BegunScan {
  const { cursor } = request
  if (cursor.scan && !request.full) return { cursor: { ...cursor, scan: cursor.scan }, resumed: true }
  const lagged = new Date(request.vendorNow.getTime() - request.lagMs).toISOString()
  // The vendor's clock may be set back: the watermark never is.
  const upperBound = cursor.watermark !== null && lagged < cursor.watermark ? cursor.watermark : lagged
  const restates = request.restate !== null && isDue(cursor, request.restate, request.vendorNow)
  const from =
    request.full || cursor.watermark === null
      ? null
      : new Date(Date.parse(cursor.watermark) - overlapOf(request, restates)).toISOString()
  const scan: ScanState = {
    id: request.scanId,
    upper_bound: upperBound,
    started_at: request.now.toISOString(),
    full: from === null,
    // A pass over everything reads the window, too.
    ...((restates || (from === null && request.restate !== null)) && { restates: true }),
    read: 0,
    partitions: [{ from, to: upperBound, resume: null, done: false }],
  }
  return { cursor: { ...cursor, scan }, resumed: false }
}

function overlapOf({ restate, overlapMs }: ScanRequest, restates: boolean): number {
  if (restate === null) return overlapMs
  return restates ? restate.windowMs : Math.min(recentMs, restate.windowMs)
}

/** A tenth early is in time: what runs every night does not begin at the same second. */
function isDue({ restated_at }: Cursor, { everyMs }: NonNullable<ScanRequest['restate']>, vendorNow: Date): boolean {
  return restated_at === undefined || vendorNow.getTime() - Date.parse(restated_at) >= 0.9 * everyMs
}

/** Yesterday and today. */
const recentMs = 24 * 3_600_000
