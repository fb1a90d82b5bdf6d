/**
 * Was it written by a clock that was ahead? Whoever believed it would do nothing until then. Less than a day is none: a zone that
 * was taken for another one, or a machine that was set by hand, is over by itself. And a clock that shows a year of before this
 * program was written (a battery is empty, no time server has answered yet) is the wrong one itself.
 */
export const isAhead = (iso: string, now: Date): boolean =>
  now.getTime() >= writtenMs && Date.parse(iso) > now.getTime() + aheadMs

export const aheadMs = 24 * 3_600_000
const writtenMs = Date.UTC(2026, 0, 1)
