import type { Random } from 'millrace/sandbox'

/** `count` instants after `from` and before `to`, in order. */
export function momentsBetween(
  random: Random,
  span: { readonly from: Date; readonly to: Date; readonly count: number },
): readonly Date[] {
  const seconds = Math.max(1, Math.floor((span.to.getTime() - span.from.getTime()) / 1000) - 3600)
  return Array.from({ length: span.count }, () => random.integer(1, seconds))
    .toSorted((left, right) => left - right)
    .map((second) => new Date(span.from.getTime() + second * 1000))
}
