import type { Cursor, CursorInScan, ScanState, Throughout } from '../model/cursor.ts'
import { scanStart } from './our-clock.ts'
import { inBoth } from './throughout.ts'

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
  /** How old the last pass over everything may be, in milliseconds. @default any age */
  readonly fullEveryMs?: number | undefined
  /** `full_refresh`: a pass over everything, too; it goes on with its own kind only, as others leave nothing beside the table. @default false */
  readonly generation?: boolean
  /** `--full-refresh`: a pass over everything, dropping a scan that is under way. */
  readonly full: boolean
  /** The digest of its options. */
  readonly by: string
  /** Whose rows they are. @default not known */
  readonly account?: string | undefined
  /** What rows are read with now. @default not known */
  readonly throughout?: Throughout
  readonly scanId: string
}

export type BegunScan = {
  readonly cursor: CursorInScan
  readonly resumed: boolean
  /** One that was under way was begun by other options, or in another account, and is not gone on with. */
  readonly dropped: boolean
}

/**
 * The scan to go on with, or a new one: half-open from the watermark (less the overlap) to the vendor's now less the lag.
 * The bound is fixed here, at the start, and never taken from the rows that come (promise 10).
 */
export function beginScan(request: ScanRequest): BegunScan {
  const { cursor, generation = false } = request
  const open = cursor.scan && (cursor.scan.generation ?? false) === generation ? cursor.scan : null
  const dropped = open !== null && !request.full && isOfOthers(open, request)
  if (open && !dropped && !request.full)
    return { cursor: { ...cursor, scan: goneOnWith(open, request) }, resumed: true, dropped }
  const full = request.full || (dropped && open.full)
  const lagged = new Date(request.vendorNow.getTime() - request.lagMs).toISOString()
  // The vendor's clock may be set back: the watermark never is, until somebody asks for everything anew.
  const upperBound = cursor.watermark !== null && lagged < cursor.watermark && !request.full ? cursor.watermark : lagged
  const restates =
    request.restate !== null && isDue(cursor.marks?.restated_at, request.restate.everyMs, request.vendorNow)
  const from =
    full || generation || cursor.watermark === null || isListDue(request)
      ? null
      : new Date(Date.parse(cursor.watermark) - overlapOf(request, restates)).toISOString()
  const scan: ScanState = {
    id: request.scanId,
    upper_bound: upperBound,
    started_at: scanStart(request.now, cursor),
    full: from === null,
    ...(generation && { generation }),
    by: request.by,
    ...(request.account !== undefined && { account: request.account }),
    ...(request.throughout && { throughout: request.throughout }),
    ...(from === null && cursor.marks?.asked && cursor.marks.last === undefined && { stands: true }),
    // A pass over everything reads the window, too.
    ...((restates || (from === null && request.restate !== null)) && { restates: true }),
    read: 0,
    partitions: [{ from, to: upperBound, resume: null, done: false }],
  }
  return { cursor: { ...cursor, scan }, resumed: false, dropped }
}

export const begunAnew = (stream: string, changed: string): string =>
  `${stream}: its ${changed}, or what its connector asks for, have changed since the scan that an earlier run left was begun, so it begins again.`

/** Gone on with, it would leave rows of both, or miss some. What is not known of it stands against nothing. */
export const isOfOthers = (open: ScanState, { by, account }: Pick<ScanRequest, 'by' | 'account'>): boolean =>
  (open.by ?? by) !== by || (account !== undefined && (open.account ?? account) !== account)

function goneOnWith(open: ScanState, { account = open.account, throughout }: ScanRequest): ScanState {
  return {
    ...open,
    ...(account !== undefined && { account }),
    ...(open.throughout && throughout && { throughout: inBoth(open.throughout, throughout) }),
  }
}

const isListDue = ({ cursor, fullEveryMs, vendorNow }: ScanRequest): boolean =>
  fullEveryMs !== undefined && isDue(cursor.marks?.listed_at, fullEveryMs, vendorNow)

function overlapOf({ restate, overlapMs }: ScanRequest, restates: boolean): number {
  if (restate === null) return overlapMs
  return restates ? restate.windowMs : Math.min(recentMs, restate.windowMs)
}

/** A tenth early is in time: what runs every night does not begin at the same second. */
export function isDue(last: string | undefined, everyMs: number, now: Date): boolean {
  return last === undefined || now.getTime() - Date.parse(last) >= 0.9 * everyMs
}

/** Yesterday and today. */
const recentMs = 24 * 3_600_000
