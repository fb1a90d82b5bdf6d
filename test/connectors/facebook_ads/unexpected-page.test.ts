/** Pages that lead nowhere: who follows them would never come to an end. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject, ScanItem } from 'millrace'
import { describe, expect, it } from 'vitest'
import { openFacebook } from './open-facebook.ts'

type Asked = { readonly path: string; readonly after: string | null }

const account = { id: 'act_1', account_id: '1', timezone_name: 'UTC', created_time: '2026-11-19T00:00:00+0000' }

/** One account and one report; what is answered to a list's page says the test. */
async function read(stream: string, list: string, pageAfter: (after: string | null) => JsonObject) {
  let pages = 0
  const answer = ({ path, after }: Asked): JsonObject => {
    if (path.endsWith(list)) {
      // An endless reading ends here, too, and fails the test.
      if (++pages > 200) throw new Error('it goes on for ever')
      return pageAfter(after)
    }
    if (path.endsWith('/me/adaccounts')) return { data: [account] }
    if (path.endsWith('/act_1/insights')) return { report_run_id: '7' }
    return { id: '7', async_status: 'Job Completed', async_percent_completion: 100 }
  }
  await using server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    response.setHeader('content-type', 'application/json')
    try {
      response.end(JSON.stringify(answer({ path: url.pathname, after: url.searchParams.get('after') })))
    } catch {
      response.writeHead(400).end('{"error":{"code":1999,"message":"It goes on for ever"}}')
    }
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server
  await using vendor = await openFacebook({ base_url: `http://127.0.0.1:${port}`, poll_interval_ms: 1 })
  const items: ScanItem[] = []
  for await (const item of vendor.items(stream)) items.push(item)
  return items
}

const page = (after: string) => ({ data: [{ id: after }], paging: { cursors: { after }, next: 'https://x/' } })
const refused = { error: { code: 100, type: 'OAuthException', message: '(#100) Invalid cursors values: after' } }

describe('pages that go in a circle end the stream', () => {
  it.each([
    ['a list', 'campaigns', '/campaigns'],
    ['the rows of a report', 'campaign_insights', '/7/insights'],
    ['the list of accounts', 'campaigns', '/me/adaccounts'],
  ])('%s', async (_, stream, list) => {
    const next: { readonly [after: string]: string } = { B: 'C', C: 'D', D: 'B' }
    const reading = read(stream, list, (after) => page(next[after ?? ''] ?? 'B'))
    await expect(reading).rejects.toMatchObject({
      code: 'MR-3005',
      message: expect.stringContaining('the same place to go on from'),
    })
  })
})

it('a cursor that is refused each time ends the list', async () => {
  const reading = read('campaigns', '/campaigns', (after) => (after === null ? page('B') : refused))
  await expect(reading).rejects.toMatchObject({
    code: 'MR-3005',
    message: expect.stringContaining('refuses its own cursors of act_1'),
  })
})

it('a cursor that is refused once does not', async () => {
  let isRefused = true
  const items = await read('campaigns', '/campaigns', (after) => {
    if (after === null) return page('B')
    if (!isRefused) return { data: [{ id: 'C' }] }
    isRefused = false
    return refused
  })
  expect(items.flatMap((item) => (item.kind === 'lines' ? item.rows : []))).toEqual([1, 1, 1])
})
