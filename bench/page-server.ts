/**
 * Serves a list the way Stripe does: newest first, 100 a page, `starting_after`, `has_more`; or a bulk export: `/bulk` names its
 * files. Prints its URL, ends by SIGTERM.
 */
import { createServer } from 'node:http'
import { makeCsvPages } from './csv-pages.ts'
import { makePages, pageRows, type PageShape } from './page-bytes.ts'
import { readArguments } from './report.ts'

const { shape, rows } = readArguments<{ readonly shape: PageShape | 'csv'; readonly rows: number }>()
const answer = shape === 'csv' ? serveFiles() : serveList(shape)

const server = createServer((request, response) => {
  const { type, body } = answer(new URL(request.url ?? '/', `http://${request.headers.host}`))
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'request-id': `req_${rows}_${pageRows}`,
  })
  response.end(body)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') console.log(`http://127.0.0.1:${address.port}`)
})

type Answer = { readonly type: string; readonly body: Buffer }

function serveList(of: PageShape): (url: URL) => Answer {
  const pages = makePages(of, rows)
  return (url) => {
    const after = url.searchParams.get('starting_after')
    return { type: 'application/json', body: pages.page(after === null ? 0 : pages.indexOf(after) + 1) }
  }
}

function serveFiles(): (url: URL) => Answer {
  const pages = makeCsvPages(rows)
  return ({ pathname, origin }) => {
    const number = /^\/bulk\/(\d+)$/.exec(pathname)?.[1]
    if (number !== undefined) return { type: 'text/csv', body: pages.page(Number(number)) }
    const files = pages.rows.map((count, page) => ({ url: `${origin}/bulk/${page}`, rows: count }))
    return { type: 'application/json', body: Buffer.from(JSON.stringify({ files })) }
  }
}
