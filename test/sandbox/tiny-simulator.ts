import { simulator } from 'millrace/sandbox'

/** A made-up vendor: notes that one can write and count, people of the cast, and days that leave a mark. */
export default simulator({
  name: 'tiny',
  connection: ({ host, port }) => ({ base_url: `http://${host}:${port}`, api_key: 'tiny-key' }),
  coverage: {},
  leftOut: {},
  seed: ({ store, world }) => {
    for (const { number, email } of world.people) store.put('Person', String(number), { id: number, email })
  },
  move: ({ store, now }, day) => {
    store.put('Story', String(day.number), { told: JSON.stringify(day.events) })
    store.put('Day', String(day.number), { at: now().toISOString(), events: day.events.length })
  },
  serve:
    ({ store, now, fault }) =>
    async (request) => {
      const limit = fault('rate_limit')
      if (limit) return Response.json({ error: 'slow down' }, { status: 429 })
      if (new URL(request.url).pathname === '/broken') throw new TypeError('a bug in the simulator')
      if (request.method === 'POST') store.put('Note', String(store.next('note')), { text: await request.text() })
      return Response.json({ notes: store.count('Note'), now: now().toISOString(), greeting: 'grüße 山田' })
    },
})
