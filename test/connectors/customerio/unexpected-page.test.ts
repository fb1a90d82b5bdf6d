/** A list of which no paging is documented, and whose answer says that there are more: what is not read may not be taken for deleted. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JsonObject } from 'millrace'
import { expect, it } from 'vitest'
import { openSource } from './open-source.ts'

/** Reads the stream whole of an App API that answers so. */
async function rowsOf(name: string, answer: (url: URL) => JsonObject): Promise<readonly JsonObject[]> {
  await using server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(answer(new URL(request.url ?? '/', 'http://x'))))
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server
  await using source = await openSource({ app_base_url: `http://127.0.0.1:${port}` })
  return await source.rows(name, { whole: true })
}

it.each([
  ['segments', 'segments'],
  ['broadcasts', 'broadcasts'],
  ['broadcast_actions', 'actions'],
])('%s of two pages are read whole', async (name, records) => {
  const rows = await rowsOf(name, ({ pathname, searchParams }): JsonObject => {
    if (name === 'broadcast_actions' && pathname === '/v1/broadcasts') return { broadcasts: [{ id: 1 }] }
    const isSecond = searchParams.get('start') === 'second'
    return isSecond ? { [records]: [{ id: 2 }], next: '' } : { [records]: [{ id: 1 }], next: 'second' }
  })
  expect(rows).toHaveLength(2)
})

it('ends the scan where no further page can be had', async () => {
  const answer = () => ({ segments: [{ id: 1 }], next: 'second' })
  await expect(rowsOf('segments', answer)).rejects.toMatchObject({ code: 'MR-3005' })
})
