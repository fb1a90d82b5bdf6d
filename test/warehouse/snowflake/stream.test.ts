/** A large result leaves the warehouse as fast as it is read, and no faster. The 10 million rows are in bench/snowflake-stream.ts. */
import diagnostics from 'node:diagnostics_channel'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { useAccount } from './account.ts'

const account = useAccount()
const rows = 300_000
const many =
  `SELECT ROW_NUMBER() OVER (ORDER BY SEQ8()) AS n, 'row of some length, so that there are several parts: ' || RPAD('', 80, 'x') AS filling ` +
  `FROM TABLE(GENERATOR(ROWCOUNT => ${rows})) ORDER BY 1`

/** Parts of results that the SDK has asked for: they are files of the account's, fetched by address. */
let fetched = 0
const count = (message: unknown) => {
  const { request } = message as { readonly request: { readonly path: string } } // what the channel gives
  if (request.path.startsWith('/results/')) fetched++
}
diagnostics.subscribe('http.client.request.start', count)
afterEach(() => {
  fetched = 0
})

test('300,000 rows come whole and in order, and few parts are fetched before they are asked for', async () => {
  const ahead: number[] = []
  const seen = await account()
    .open()
    .session(async (session) => {
      let read = 0
      let isInOrder = true
      for await (const chunk of session.query(many)) {
        for (const row of chunk) isInOrder &&= row['n'] === String(++read)
        if (read % 50_000 > chunk.length) continue
        // Whoever writes them somewhere takes a while.
        await sleep(300)
        ahead.push(fetched)
      }
      return { read, isInOrder }
    })
  expect(seen).toEqual({ read: rows, isInOrder: true })
  const [first = 0] = ahead
  const all = fetched
  expect(all).toBeGreaterThan(10)
  // The last ones are of 4 MB, the first of less.
  expect(first).toBeLessThanOrEqual(4)
  for (const [index, parts] of ahead.entries()) expect(parts).toBeLessThanOrEqual((index / 6) * all + 5)
}, 60_000)

test('who stops reading stops the fetching', async () => {
  await account()
    .open()
    .session(async (session) => {
      for await (const chunk of session.query(many)) if (chunk.length > 0) break
      const then = fetched
      await sleep(500)
      expect(fetched - then).toBeLessThanOrEqual(2)
      expect(fetched).toBeLessThanOrEqual(4)
      // The session goes on.
      for await (const chunk of session.query('SELECT 1 AS one')) expect(chunk).toEqual([{ one: '1' }])
    })
}, 60_000)
