import { MillraceError } from 'millrace'
import type { StripeApi } from './client.ts'
import { fetchPage, fetchPageAfter, pageRows, type PageRequest } from './list-page.ts'

/** A list that is short enough to be read at once: what is in one object, the accounts of a platform. */
export type WholeList = {
  readonly lines: Uint8Array
  readonly rows: number
  /** Before its first page. */
  readonly readAt: Date
}

/** Where the object that a page was to begin after is gone, what was read before may be gone, too: all of it is read again. */
export async function readWholeList(api: StripeApi, request: Omit<PageRequest, 'limit'>): Promise<WholeList> {
  for (let tries = 0; tries < maxTries; tries++) {
    const list = await readPages(api, request)
    if (list) return list
  }
  throw new MillraceError('MR-3005', {
    message: `Reading the list ${request.path} of Stripe: each of ${maxTries} times the object after which a page was to begin was no longer there.`,
  })
}

/** null: an object that a page was to begin after is gone. */
async function readPages(api: StripeApi, rest: Omit<PageRequest, 'limit'>): Promise<WholeList | null> {
  const request = { ...rest, limit: pageRows }
  let page = await fetchPage(api, request)
  const { readAt } = page
  const pages = [page.lines]
  let { rows } = page
  while (page.next !== null) {
    const next = await fetchPageAfter(api, request, page.next)
    if (!next) return null
    page = next
    pages.push(page.lines)
    rows += page.rows
  }
  return { lines: Buffer.concat(pages), rows, readAt }
}

const maxTries = 5
