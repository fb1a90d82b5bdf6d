/**
 * What a Retry-After header asks for, in milliseconds from now; undefined where it says nothing that can be followed.
 * A date is read against the answer's own Date header: vendors' clocks and ours differ.
 */
export function retryAfterMs(
  header: string | null | undefined,
  date: string | null | undefined,
  now: Date,
): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  const until = Date.parse(text)
  if (!/[a-z]{3}/i.test(text) || Number.isNaN(until)) return undefined
  const from = Date.parse(date ?? '')
  return Math.max(0, until - (Number.isNaN(from) ? now.getTime() : from))
}
