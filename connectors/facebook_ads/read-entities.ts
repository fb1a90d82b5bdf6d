import { keptBefore, MillraceError, type Json, type Scan, type ScanItem } from 'millrace'
import { findAccounts } from './account.ts'
import { askFields, type AskedFields } from './ask-fields.ts'
import type { GraphApi } from './client.ts'
import type { Entity } from './entity.ts'
import { isForbidden, isTooMuch, type GraphError } from './graph-error.ts'
import { followCursors, readList, type ListPage } from './list-page.ts'
import { after as afterAccount, beginning, placeIn, readPosition, within } from './position.ts'
import { refusedByAll, refusedInWhole, warnOfRefusals } from './refusals.ts'

export type EntityReading = {
  readonly entity: Entity
  readonly accountIds: readonly string[] | undefined
  readonly scan: Scan
  readonly signal: AbortSignal
}

/** Account by account, page by page, a checkpoint a page. */
export async function* readEntities(api: GraphApi, reading: EntityReading): AsyncGenerator<ScanItem> {
  const { entity, accountIds, scan, signal } = reading
  const { readable, refused } = await findAccounts(api, accountIds, signal)
  const fields = askFields(entity.name, scan.fields, ['id'])
  const pages = { ...reading, fields, size: entity.pageRows }
  const refusals = new Map(refused)
  let position = readPosition(scan.resume)
  let left = scan.limit ?? Infinity
  for (const { id } of readable) {
    if (position.done.includes(id)) continue
    let at = placeIn(position, id)
    let nextAfter = followCursors(at)
    let restarts = 0
    do {
      if (left <= 0) return
      const page = await fetchPage(api, pages, { account: id, after: at, limit: Math.min(pages.size, left) })
      if (page.kind === 'refused') {
        refusals.set(id, page.message)
        break
      }
      if (page.kind === 'lost') {
        // The cursor is of another time: from the account's beginning again.
        if (++restarts > mostRestarts) throw neverWhole(entity, id)
        at = null
        nextAfter = followCursors(at)
        continue
      }
      if (page.rows > 0) yield { kind: 'lines', lines: page.lines, rows: page.rows, readAt: page.readAt }
      left -= page.rows
      at = nextAfter(page)
      if (at === null) position = afterAccount(position, id)
      yield { kind: 'checkpoint', resume: at === null ? position : within(position, id, at) }
    } while (!position.done.includes(id))
  }
  if (refusals.size === 0) return
  if (readable.every(({ id }) => refusals.has(id))) throw refusedByAll(entity.name, refusals)
  // Listed whole again by the next scan: nothing of it is lost.
  if (scan.whole !== true) return warnOfRefusals(api.host, entity.name, refusals)
  // It may not end while an account was not seen. The next run reads all again.
  yield { kind: 'checkpoint', resume: beginning }
  throw refusedInWhole(entity.name, refusals)
}

type Page =
  | (ListPage & { readonly kind: 'page' })
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'lost' }

type Paging = EntityReading & {
  readonly fields: AskedFields
  /** Smaller once a page was too much. */
  size: number
}

type PageOf = { readonly account: string; readonly after: string | null; readonly limit: number }

async function fetchPage(api: GraphApi, paging: Paging, of: PageOf): Promise<Page> {
  const { entity, fields, signal } = paging
  const { statuses } = entity
  for (let limit = of.limit; ;) {
    const answer = await api.ask<Page | GraphError | MillraceError>({
      label: `GET /${of.account}/${entity.edge}`,
      docs: entity.docs,
      signal,
      send: (sdk) =>
        sdk.edge(of.account, entity.edge, fields.names, {
          limit,
          ...(statuses && { effective_status: [...statuses] satisfies Json }),
          ...(of.after !== null && { after: of.after }),
        }),
      read: (bytes, readAt) => ({ kind: 'page', ...readList(bytes, readAt) }),
      recover: (error) => (isAboutTheRequest(error, of) ? error : undefined),
      giveUp: (error) => error,
    })
    if (!(answer instanceof Error)) return answer
    const least = answer instanceof MillraceError ? leastRows : 1
    if (limit > least && (answer instanceof MillraceError || isTooMuch(answer))) {
      limit = paging.size = Math.max(least, limit >> 1)
      continue
    }
    if (answer instanceof MillraceError) throw answer
    const fieldRefusal = fields.refusal(answer)
    if (fieldRefusal) throw fieldRefusal
    if (isForbidden(answer)) return { kind: 'refused', message: answer.message }
    if (isLostCursor(answer, of)) return { kind: 'lost' }
    throw new MillraceError('MR-3004', {
      message: `Facebook refused GET /${of.account}/${entity.edge}: ${answer.message}`,
      next: entity.docs,
      cause: answer,
    })
  }
}

const neverWhole = ({ name, docs }: Entity, account: string) =>
  new MillraceError('MR-3005', {
    message: `${name}: Facebook refuses its own cursors of ${account}, though the list was begun again ${mostRestarts} times.`,
    kept: keptBefore,
    next: ['Run again later.', docs],
  })

const mostRestarts = 3

/** Where the vendor does not say that it is too much: so few are not. */
const leastRows = 5

/** What asking otherwise may mend. The rest is the host's: it waits, tries again, or gives up. */
const isAboutTheRequest = (error: GraphError, of: PageOf) =>
  isForbidden(error) ||
  isTooMuch(error) ||
  isLostCursor(error, of) ||
  ((error.graphCode === 100 || error.graphCode === 12) && !/appsecret_proof/.test(error.message))

const isLostCursor = ({ graphCode, message }: GraphError, { after }: PageOf) =>
  after !== null && graphCode === 100 && /cursor/i.test(message)
