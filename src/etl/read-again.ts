/** How many rows a scan has read, where a connector begins a part of it again. */

type Chunk = {
  readonly rows: number
  readonly duplicates: number
  /** Of each, how many rows came after it. Those that are not known came last. */
  readonly repeats: readonly number[]
}

export type ReadCount = {
  /** What a chunk adds, without duplicates within it. `again`: so many of the last rows, with its own, come once more, and count then. */
  readonly add: (chunk: Chunk, again: number) => number
}

export function countRead(): ReadCount {
  let chunks: readonly Chunk[] = []
  return {
    add(chunk, again) {
      chunks = [...chunks, chunk]
      let added = chunk.rows - chunk.duplicates
      let left = again
      while (left > 0) {
        const last = chunks.at(-1)
        // An earlier run read them: nothing is known of duplicates among them.
        if (!last) return added - left
        const rows = Math.min(left, last.rows)
        const before = last.repeats.filter((after) => after >= rows).map((after) => after - rows)
        const known = last.repeats.length - before.length
        const duplicates = known + Math.min(rows - known, last.duplicates - last.repeats.length)
        const rest = { rows: last.rows - rows, duplicates: last.duplicates - duplicates, repeats: before }
        chunks = [...chunks.slice(0, -1), ...(rest.rows > 0 ? [rest] : [])]
        added -= rows - duplicates
        left -= rows
      }
      return added
    },
  }
}
