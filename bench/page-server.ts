/** Serves a list the way Stripe does: newest first, 100 a page, `starting_after`, `has_more`. Prints its URL, ends by SIGTERM. */
import { createServer } from 'node:http'
import { makePages, pageRows, type PageShape } from './page-bytes.ts'
import { readArguments } from './report.ts'

const { shape, rows } = readArguments<{ readonly shape: PageShape; readonly rows: number }>()
const pages = makePages(shape, rows)

const server = createServer((request, response) => {
  const after = new URL(request.url ?? '/', 'http://localhost').searchParams.get('starting_after')
  const body = pages.page(after === null ? 0 : pages.indexOf(after) + 1)
  response.writeHead(200, {
    'content-type': 'application/json',
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
