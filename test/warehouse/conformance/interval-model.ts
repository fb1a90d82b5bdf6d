/** What intervals are to be, in plain JavaScript: one key at a time, one row after the other. */
export type Interval = {
  readonly id: number
  readonly name: string | null
  readonly from: number
  readonly to: number | null
  readonly current: boolean
  readonly deleted: number | null
}

export type Brought = {
  readonly id: number
  readonly name: string
  readonly version: number
  readonly kind: 'row' | 'deleted row' | 'tombstone'
}

type Read = Brought & { readonly readAt: number }

type Known = { intervals: Interval[]; version: number; readAt: number }

export function playIntervals() {
  const keys = new Map<number, Known>()

  function take(row: Read, touch: boolean): string {
    const known = keys.get(row.id)
    const isGone = row.kind !== 'row'
    const name = row.kind === 'tombstone' ? null : row.name
    if (!known) {
      const to = isGone ? row.version : null
      const first = { id: row.id, name, from: row.version, to, current: !isGone, deleted: to }
      keys.set(row.id, { intervals: [first], version: row.version, readAt: row.readAt })
      return isGone ? 'deleted' : 'inserted'
    }
    const last = known.intervals.at(-1)
    if (!last) return 'impossible'
    const seen = () => {
      known.version = Math.max(known.version, row.version)
      known.readAt = Math.max(known.readAt, row.readAt)
    }
    if (row.version < known.version || (row.version === known.version && row.readAt < known.readAt)) {
      if (touch) seen()
      return 'stale'
    }
    const end = last.to ?? last.from
    const isLater = row.version > known.version && row.version > last.from && row.version >= (last.to ?? row.version)
    const start = isLater ? row.version : Math.max(row.readAt, last.from, end)
    const replaceLast = (change: Partial<Interval>) => {
      known.intervals[known.intervals.length - 1] = { ...last, ...change }
    }
    const learn = () => {
      known.version = row.version
      known.readAt = row.readAt
    }
    if (isGone) {
      if (!last.current) {
        seen()
        return 'unchanged'
      }
      replaceLast({ to: start, current: false, deleted: row.version })
      learn()
      return 'deleted closed'
    }
    if (last.current && last.name === name) {
      if (touch) seen()
      return 'unchanged'
    }
    if (last.current) replaceLast({ to: start, current: false })
    known.intervals.push({ id: row.id, name, from: start, to: null, current: true, deleted: null })
    learn()
    return last.current ? 'updated closed' : 'updated'
  }

  return {
    /** Rows first, tombstones after them. Gives the counts. */
    commit(rows: readonly Read[], touch: boolean) {
      const counts = { inserted: 0, updated: 0, deleted: 0, unchanged: 0, stale: 0, closed: 0 }
      const order = [...rows].sort((a, b) => Number(a.kind === 'tombstone') - Number(b.kind === 'tombstone'))
      for (const row of order)
        for (const word of take(row, touch).split(' ')) if (word in counts) counts[word as keyof typeof counts] += 1 // just asked
      return counts
    },
    intervals: (): readonly Interval[] => [...keys.values()].flatMap(({ intervals }) => intervals).sort(inOrder),
  }
}

const inOrder = (a: Interval, b: Interval): number =>
  a.id - b.id ||
  a.from - b.from ||
  (a.to ?? Infinity) - (b.to ?? Infinity) ||
  ((a.name ?? '~') < (b.name ?? '~') ? -1 : 1)
