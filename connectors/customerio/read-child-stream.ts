import type { Scan, ScanItem } from 'millrace'
import type { AppApi } from './client.ts'
import { batchOf, recordsOf, withParent } from './line-batch.ts'
import { listPages, type List } from './list-pages.ts'
import { readPosition } from './position.ts'
import { malformed } from './read-answer.ts'

/** What is listed once for each parent: the members of each segment, the actions of each campaign. */
export type ChildList = {
  readonly parents: List
  /** Where the parent's id goes. */
  readonly column: string
  readonly listOf: (parent: number) => List
}

type Reading = { readonly scan: Scan; readonly signal: AbortSignal }

/** Parent by parent, page by page, a checkpoint each. A parent that was deleted meanwhile has nothing. */
export async function* readChildStream(
  app: AppApi,
  { parents, column, listOf }: ChildList,
  { scan, signal }: Reading,
): AsyncGenerator<ScanItem> {
  const position = readPosition(scan.resume)
  const at = position?.phase === 'children' ? position : null
  let left = scan.limit ?? Infinity
  for (const parent of await listParents(app, parents, signal)) {
    if (at && (parent < at.parent || (parent === at.parent && at.start === null))) continue
    const from = parent === at?.parent ? at.start : null
    for await (const page of listPages(app, { ...listOf(parent), mayBeGone: true }, { from, signal })) {
      const batch = batchOf(withParent(page, column, parent), left)
      if (batch) yield batch
      left -= page.rows
      if (left <= 0) return
      if (page.next !== null) yield { kind: 'checkpoint', resume: { phase: 'children', parent, start: page.next } }
    }
    yield { kind: 'checkpoint', resume: { phase: 'children', parent, start: null } }
  }
}

/** In the order of their ids, so that a scan can go on. */
export async function listParents(app: AppApi, parents: List, signal: AbortSignal): Promise<readonly number[]> {
  const ids = new Set<number>()
  for await (const { lines } of listPages(app, parents, { from: null, signal }))
    for (const { id } of recordsOf(lines)) {
      if (!Number.isSafeInteger(Number(id))) throw malformed(`lists ${parents.path} with an id that is no number`)
      ids.add(Number(id))
    }
  return [...ids].sort((a, b) => a - b)
}
