import { MillraceError, type Batch } from 'millrace'
import type { StripeApi } from './client.ts'
import { inWaves } from './in-waves.ts'
import { eachLine, extendLines, findText, findValue } from './line-bytes.ts'
import { cutList } from './list-page.ts'
import type { StripeChild } from './stream-table.ts'
import { readWholeList } from './whole-list.ts'

export type Parents = {
  /** The parents' rows, as `cutPage` made them. */
  readonly lines: Uint8Array
  readonly readAt: Date
  /** What is added to the children of a parent. */
  readonly fields: (parent: string) => { readonly [name: string]: string }
  readonly signal: AbortSignal
}

/**
 * The complete sets of children of these parents. An embedded list holds the first ten; of a longer one the whole list
 * is read in its own request, since its first ten may be older than the rest.
 */
export async function* childBatches(
  api: StripeApi,
  child: StripeChild,
  { lines, readAt, fields, signal }: Parents,
): AsyncGenerator<Batch> {
  const parents: string[] = []
  const sets: Uint8Array[] = []
  const cutOff: Parent[] = []
  let rows = 0
  for (const line of eachLine(lines)) {
    const { parent, embedded } = readParent(child, line, readAt)
    if (embedded.next !== null) {
      cutOff.push(parent)
    } else {
      parents.push(parent.id)
      sets.push(extendLines(embedded.lines, embedded.rows, { ...parent.taken, ...fields(parent.id) }))
      rows += embedded.rows
    }
  }
  if (parents.length > 0)
    yield { kind: 'lines', lines: Buffer.concat(sets), rows, readAt, child: { stream: child.name, parents } }
  // A wave is one batch with the time of its first request: see hydrate.ts for why a moment too early does no harm.
  for await (const wave of inWaves(cutOff, (parent) => readWholeSet(api, child, { parent, signal })))
    yield {
      kind: 'lines',
      lines: Buffer.concat(
        wave.map((set) => extendLines(set.lines, set.rows, { ...set.parent.taken, ...fields(set.parent.id) })),
      ),
      rows: wave.reduce((sum, set) => sum + set.rows, 0),
      readAt: new Date(Math.min(...wave.map((set) => set.readAt.getTime()))),
      child: { stream: child.name, parents: wave.map((set) => set.parent.id) },
    }
}

/** `taken`: fields that its children lack. */
type Parent = { readonly id: string; readonly taken: { readonly [field: string]: string } }

function readParent(child: StripeChild, line: Uint8Array, readAt: Date) {
  const id = findText(line, 'id')
  const list = findValue(line, child.field)
  const { noneWhere } = child
  const hasNone =
    noneWhere !== undefined &&
    findText(line, noneWhere.field) === noneWhere.is &&
    (list === undefined || Buffer.from(list).toString() === 'null')
  if (id === undefined || (list === undefined && !hasNone))
    throw new MillraceError('MR-3005', {
      message: `An object of Stripe without “id” or “${child.field}”: its ${child.name} cannot be read.`,
      next: 'Check the api_version of the connection.',
    })
  const taken = Object.entries(child.taken ?? {}).flatMap(([field, from]): [string, string][] => {
    const value = findText(line, from)
    return value === undefined ? [] : [[field, value]]
  })
  const parent: Parent = { id, taken: Object.fromEntries(taken) }
  return { parent, embedded: list === undefined || hasNone ? noneOf : cutList(list, readAt) }
}

const noneOf = { lines: new Uint8Array(), rows: 0, next: null }

type Asked = { readonly parent: Parent; readonly signal: AbortSignal }

/**
 * A set is one batch: the engine deletes what is not in it. Of a parent that was deleted since its page (a draft invoice)
 * it is what was read before, and the event of its deletion, which the next scan reads, takes the rest.
 */
async function readWholeSet(api: StripeApi, child: StripeChild, { parent, signal }: Asked) {
  const list = await readWholeList(api, { ...child.list(parent.id), isInside: true, docs: child.docs, signal })
  return { parent, ...list }
}
