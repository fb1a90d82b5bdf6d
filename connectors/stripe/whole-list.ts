import { MillraceError } from 'millrace'
import type { StripeApi } from './client.ts'
import { fetchPage, pageRows, type PageRequest } from './list-page.ts'

/** A list that is short enough to be read at once: what is in one object, the accounts of a platform. */
export type WholeList = {
  readonly lines: Uint8Array
  readonly rows: number
  /** Before its first page. */
  readonly readAt: Date
}

/** Where the object that a page was to begin after is gone, what was read before may be gone, too: all of it is read again. */
export async function readWholeList(api: StripeApi, request: Omit<PageRequest, 'after' | 'limit'>): Promise<WholeList> {
  for (let tries = 0; tries < maxTries; tries++) {
    const list = await readPages(api, request)
    if (list) return list
  }
  throw new MillraceError('MR-3005', {
    message: `Reading the list ${request.path} of Stripe: each of ${maxTries} times the object after which a page was to begin was no longer there.`,
  })
}

async function readPages(api: StripeApi, request: Omit<PageRequest, 'after' | 'limit'>): Promise<WholeList | null> {
  const pages: Uint8Array[] = []
  let rows = 0
  let readAt: Date | null = null
  for (let after: string | null = null; ;) {
    const page = await fetchPage(api, { ...request, after, limit: pageRows })
    if (!page) return null
    readAt ??= page.readAt
    pages.push(page.lines)
    rows += page.rows
    if (page.next === null) return { lines: Buffer.concat(pages), rows, readAt }
    after = page.next
  }
}

const maxTries = 5
