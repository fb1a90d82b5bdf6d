/**
 * Our clock, as what is stored has it: rows without a stamp of the vendor's, and what comes inside others, are told old from new by
 * when they were read. Where the clock was set back, or another machine's is behind, what is read counts as read after what was committed.
 */
import type { Clock } from '../model/clock.ts'
import { emptyCursor, type Cursor, type CursorInScan } from '../model/cursor.ts'

/** When a scan begins: after all that was committed, or what it does not see could not be told from what was seen last. */
export function scanStart(now: Date, { marks }: Cursor): string {
  const at = marks?.committed_at
  return laterOf(now.toISOString(), at === undefined ? '' : new Date(Date.parse(at) + 1).toISOString())
}

/** Nothing that is read now is older. */
export const readSince = ({ scan, marks }: CursorInScan): string => laterOf(scan.started_at, marks?.committed_at ?? '')

export function withCommittedAt(cursor: Cursor, at: string): Cursor
export function withCommittedAt(cursor: Cursor | null, at: string): Cursor | null
export function withCommittedAt(cursor: Cursor | null, at: string): Cursor | null {
  return (
    cursor && { ...cursor, marks: { ...cursor.marks, committed_at: laterOf(at, cursor.marks?.committed_at ?? '') } }
  )
}

/** What is read from the beginning is read after that all the same. */
export const anew = ({ marks }: Cursor): Cursor =>
  marks?.committed_at === undefined ? emptyCursor : withCommittedAt(emptyCursor, marks.committed_at)

/** Set back while we read, it stands still: no commit is before what was read, or before the one that went ahead of it. */
export function steady(clock: Clock): Clock {
  let latest = new Date(0)
  return {
    now() {
      const now = clock.now()
      if (now > latest) latest = now
      return latest
    },
  }
}

export function behindOf(stream: string, { marks }: Cursor, now: Date): string | null {
  const at = marks?.committed_at
  const behindMs = at === undefined ? 0 : Date.parse(at) - now.getTime()
  if (behindMs <= noticedMs) return null
  return (
    `${stream}: by this machine’s clock it is ${now.toISOString()}, ${Math.round(behindMs / 1000)} s before the last commit: ` +
    'what is read counts as read after it. Set the clock by a time server.'
  )
}

export const laterOf = (one: string, other: string): string => (one < other ? other : one)

/** Machines differ by a little. */
const noticedMs = 60_000
