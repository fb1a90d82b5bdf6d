import type { Cursor, ScanState } from '../model/cursor.ts'

export type ScanRequest = {
  readonly cursor: Cursor
  /** The vendor's clock. */
  readonly vendorNow: Date
  /** Ours. */
  readonly now: Date
  readonly lagMs: number
  readonly overlapMs: number
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
  const from =
    request.full || cursor.watermark === null
      ? null
      : new Date(Date.parse(cursor.watermark) - request.overlapMs).toISOString()
  const scan: ScanState = {
    id: request.scanId,
    upper_bound: upperBound,
    started_at: request.now.toISOString(),
    full: from === null,
    read: 0,
    partitions: [{ from, to: upperBound, resume: null, done: false }],
  }
  return { cursor: { watermark: cursor.watermark, scan }, resumed: false }
}
