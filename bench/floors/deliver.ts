/** The bare loop: undici with bodies that are ready, as many requests in flight. No diff, no state, no results per row. Imports nothing of ours. */
import { Pool } from 'undici'

const { url, rows, concurrency }: { url: string; rows: number; concurrency: number } = JSON.parse(
  process.argv[2] ?? '{}',
)

const bodies = Array.from({ length: rows / 100 }, (_, batch) =>
  JSON.stringify({
    people: Array.from({ length: 100 }, (_, n) => ({
      person_id: `cus_${batch * 100 + n}`,
      email: `person${batch * 100 + n}@example.com`,
      plan: 'free',
      balance: n / 100,
      seats: n % 40,
    })),
  }),
)
const pool = new Pool(url, { connections: concurrency })
const began = performance.now()
const queue = bodies.values()
await Promise.all(
  Array.from({ length: concurrency }, async () => {
    for (const body of queue) {
      const answer = await pool.request({
        method: 'POST',
        path: '/people',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body.text()
    }
  }),
)
const seconds = (performance.now() - began) / 1000
await pool.close()
console.log(JSON.stringify({ seconds, rss_mb: process.resourceUsage().maxRSS / 1024 }))
