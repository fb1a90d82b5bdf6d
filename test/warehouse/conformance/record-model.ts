/** What whole records are to be over time, in plain JavaScript: one record, one field, one entry after the other. */
export type Entry = {
  readonly id: string
  readonly record: string
  readonly field: string
  readonly kind: string
  readonly from: string | null
  readonly to: string | null
  readonly at: number
}

export type Known = { readonly createdAt: number; readonly present: { readonly [field: string]: string | null } }

export type RecordRow = {
  readonly record: string
  readonly from: number
  readonly to: number | null
  readonly values: { readonly [field: string]: string | null }
}

/** `tracked`: field → the kind of its entries that counts. */
export function playRecords(
  entries: readonly Entry[],
  records: ReadonlyMap<string, Known>,
  tracked: { readonly [field: string]: string },
): readonly RecordRow[] {
  const ids = [...new Set([...entries.map(({ record }) => record), ...records.keys()])].sort()
  return ids.flatMap((record) => {
    const known = records.get(record)
    const own = Object.entries(tracked).map(([field, kind]) => ({
      field,
      changes: entries
        .filter((entry) => entry.record === record && entry.field === field && entry.kind === kind)
        .toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1)),
    }))
    const begins = own.flatMap(({ changes }) => [
      ...changes.map(({ at }) => at),
      ...(known && (changes[0]?.at ?? Infinity) > known.createdAt ? [known.createdAt] : []),
    ])
    const bounds = [...new Set(begins)].sort((a, b) => a - b)
    return bounds.map((from, index) => ({
      record,
      from,
      to: bounds[index + 1] ?? null,
      values: Object.fromEntries(own.map(({ field, changes }) => [field, valueAt(changes, known, field, from)])),
    }))
  })
}

function valueAt(
  changes: readonly Entry[],
  known: Known | undefined,
  ...[field, instant]: readonly [string, number]
): string | null {
  const last = changes.findLast(({ at }) => at <= instant)
  if (last) return last.to
  if (!known || known.createdAt > instant) return null
  const [first] = changes
  return first ? first.from : (known.present[field] ?? null)
}
