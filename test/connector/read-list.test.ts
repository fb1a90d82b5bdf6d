import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Scan } from '../../src/connector/contract.ts'
import type { ListDeclaration, Paging } from '../../src/connector/list-declaration.ts'
import type { Context } from '../../src/connector/context.ts'
import type { Http, Page, RequestOptions } from '../../src/connector/host.ts'
import { readList } from '../../src/connector/read-list.ts'
import { cutPage } from '../../src/model/cut-page.ts'
import type { Json, JsonObject } from '../../src/model/json.ts'
import { never, quickHost, sendJson, startVendor } from './fake-vendor.ts'

const stream = { name: 'things', docs: 'https://docs.example.com/things', key: ['id'] }
const scan: Scan = {
  id: 's',
  from: '2026-01-01T00:00:00.500Z',
  to: '2026-02-01T00:00:00.500Z',
  resume: null,
  full: false,
  start: null,
  fields: ['id'],
  where: null,
  options: {},
  children: [],
  limit: null,
}

/** The ids that were read, the resume points between, and the rows of each batch. */
async function read(http: Http, page: Paging, options: { scan?: Partial<Scan>; list?: Partial<ListDeclaration> } = {}) {
  const context: Context = { http, host: quickHost(), signal: never }
  const list = { path: '/things', records: 'data', page, ...options.list }
  const ids: unknown[] = []
  const resumes: Json[] = []
  for await (const item of readList(stream, list, { ...scan, ...options.scan }, context)) {
    if (item.kind === 'checkpoint') resumes.push(item.resume)
    else if (item.kind === 'lines') {
      const lines = Buffer.from(item.lines).toString().trimEnd().split('\n')
      expect(lines.length).toBe(item.rows)
      for (const line of lines) ids.push(JSON.parse(line).id)
    }
  }
  return { ids, resumes }
}

/** Pages of a vendor with `count` things, three a page, over a real socket. */
const startThings = (count: number) =>
  startVendor((request, response) => {
    const url = new URL(request.url ?? '', 'http://x')
    const at = Number(url.searchParams.get('cursor') ?? url.searchParams.get('offset') ?? 0)
    const number = url.searchParams.get('page')
    const after = url.searchParams.get('after')
    const from = number ? (Number(number) - 1) * 3 : after ? Number(after.slice(1)) + 1 : at
    const data = Array.from({ length: Math.max(0, Math.min(3, count - from)) }, (_, n) => ({ id: `t${from + n}` }))
    const more = from + 3 < count
    sendJson(response, 200, {
      data,
      more,
      meta: { next: more ? from + 3 : null, link: more ? `/things?cursor=${from + 3}` : null },
    })
  })

const kinds: [string, Paging][] = [
  ['a cursor', { kind: 'cursor', param: 'cursor', next: 'meta.next' }],
  ['the last key, until `more` is false', { kind: 'after', param: 'after', field: 'id', more: 'more' }],
  ['the last key, until a page is empty', { kind: 'after', param: 'after', field: 'id' }],
  ['page numbers', { kind: 'page', param: 'page' }],
  ['offsets', { kind: 'offset', param: 'offset', size: { param: 'limit', value: 3 } }],
  ['links', { kind: 'link', next: 'meta.link' }],
]

describe.each(kinds)('a list that is paged by %s', (_, page) => {
  const all = (count: number) => Array.from({ length: count }, (_, n) => `t${n}`)

  it.each([0, 1, 3, 7, 9])('of %i gives each row once', async (count) => {
    await using vendor = await startThings(count)
    expect((await read(vendor.http, page)).ids).toEqual(all(count))
  })

  it('goes on from every checkpoint with exactly what is left', async () => {
    await using vendor = await startThings(8)
    const { resumes } = await read(vendor.http, page)
    expect(resumes.length).toBeGreaterThanOrEqual(2)
    for (const [index, resume] of resumes.entries()) {
      const stored: Json = JSON.parse(JSON.stringify(resume))
      expect((await read(vendor.http, page, { scan: { resume: stored } })).ids).toEqual(all(8).slice((index + 1) * 3))
    }
  })

  it('goes on from no checkpoint of another paging', async () => {
    await using vendor = await startThings(8)
    await expect(read(vendor.http, page, { scan: { resume: { kind: 'none', at: '3' } } })).rejects.toMatchObject({
      code: 'MR-1401',
      message: expect.stringContaining('a scan of things'),
    })
  })

  it('stops at the limit', async () => {
    await using vendor = await startThings(9)
    expect((await read(vendor.http, page, { scan: { limit: 4 } })).ids).toEqual(all(4))
    expect(vendor.seen()).toBe(2)
  })
})

describe('a vendor that pages wrongly is an error, not an endless run', () => {
  it('a cursor that goes in a circle of any length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20), fc.integer({ min: 1, max: 20 }), async (lead, length) => {
        let requests = 0
        const http = pagesOf((query) => {
          requests++
          const at = Number(query.cursor ?? 0)
          return { data: [{ id: `${requests}` }], next: at + 1 < lead + length ? at + 1 : lead || 1 }
        })
        const page: Paging = { kind: 'cursor', param: 'cursor', next: 'next' }
        await expect(read(http, page)).rejects.toMatchObject({
          code: 'MR-3005',
          message: expect.stringContaining('in a circle'),
        })
        expect(requests).toBeLessThan(4 * (lead + length) + 8)
      }),
    )
  })

  it('a page that comes again, because the vendor does not know the parameter', async () => {
    const http = pagesOf(() => ({ data: [{ id: 'a' }] }))
    await expect(read(http, { kind: 'page', param: 'p' })).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining('the same page twice'),
    })
  })

  it('a next that is no cursor, a last record without its field', async () => {
    const cursor: Paging = { kind: 'cursor', param: 'c', next: 'next' }
    await expect(
      read(
        pagesOf(() => ({ data: [], next: { a: 1 } })),
        cursor,
      ),
    ).rejects.toMatchObject({ code: 'MR-3005' })
    const after: Paging = { kind: 'after', param: 'a', field: 'key' }
    await expect(
      read(
        pagesOf(() => ({ data: [{ id: '1' }] })),
        after,
      ),
    ).rejects.toMatchObject({ code: 'MR-3005' })
  })

  it('a page that empties in the middle does not end a cursor', async () => {
    const http = pagesOf(({ c }) => (c === undefined ? { data: [], next: 'x' } : { data: [{ id: 'late' }], next: '' }))
    expect((await read(http, { kind: 'cursor', param: 'c', next: 'next' })).ids).toEqual(['late'])
  })

  it('a `where` that nobody can pass on is refused', async () => {
    await expect(
      read(
        pagesOf(() => ({ data: [] })),
        { kind: 'none' },
        { scan: { where: 'a = 1' } },
      ),
    ).rejects.toMatchObject({ code: 'MR-1201' })
  })
})

it('a list that is left half way leaves no request under way', async () => {
  let answer = () => {}
  let asked = 0
  const pages = pagesOf(() => ({ data: [{ id: `t${asked}` }], next: asked }))
  const page: Http['page'] = async (path, options) => {
    if (++asked > 1) await new Promise<void>((resolve) => (answer = resolve))
    return pages.page(path, options)
  }
  const context: Context = { http: { ...pages, page }, host: quickHost(), signal: never }
  const list = { path: '/things', records: 'data', page: { kind: 'cursor', param: 'cursor', next: 'next' } as const }
  const items = readList(stream, list, scan, context)
  await items.next()
  let isOver = false
  const leaving = items.return(undefined).then(() => (isOver = true))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect({ asked, isOver }).toEqual({ asked: 2, isOver: false })
  answer()
  await leaving
})

it('keeps the digits of a cursor and of a key', async () => {
  const seen: unknown[] = []
  const http = pagesOf(({ a }) => {
    seen.push(a)
    return a === undefined ? '{"data":[{"id":9007199254740993}]}' : '{"data":[]}'
  })
  await read(http, { kind: 'after', param: 'a', field: 'id' })
  expect(seen).toEqual([undefined, '9007199254740993'])
})

it('passes the bounds in the vendor’s form', async () => {
  const seen: unknown[] = []
  const http = pagesOf((query) => {
    seen.push(query)
    return { data: [] }
  })
  const list = { since: 'gte', until: 'lt', query: { sort: 'asc' } }
  const page: Paging = { kind: 'page', param: 'page', first: 0, size: { param: 'n', value: 9 } }
  await read(http, page, { list })
  await read(http, { kind: 'none' }, { list: { ...list, sinceFormat: 'unix' } })
  await read(http, { kind: 'none' }, { list, scan: { from: null } })
  expect(seen).toEqual([
    { sort: 'asc', gte: scan.from, lt: scan.to, page: 0, n: 9 },
    { sort: 'asc', gte: 1767225600, lt: 1769904001 },
    { sort: 'asc', lt: scan.to },
  ])
})

/** An http whose pages come from a function of the query: for vendors that no server of ours should be like. */
function pagesOf(answer: (query: JsonObject) => object | string): Http {
  const unused = () => Promise.reject(new TypeError('not used here'))
  const page = async (_: string, { query, records }: RequestOptions & { readonly records: string }): Promise<Page> => {
    const body = answer(
      Object.fromEntries(
        Object.entries(query ?? {}).filter(
          (entry): entry is [string, string] => entry[1] !== null && entry[1] !== undefined,
        ),
      ),
    )
    return {
      ...cutPage(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), { records }),
      readAt: new Date(),
    }
  }
  return { get: unused, post: unused, put: unused, patch: unused, delete: unused, page }
}
