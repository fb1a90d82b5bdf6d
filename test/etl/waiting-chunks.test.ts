import { describe, expect, it } from 'vitest'
import { useThirtyPeople } from './thirty-people.ts'

const at = useThirtyPeople({ items: ['a', 'b'] })

/** Every page is staged by itself; nothing but the end asks for a commit. */
const waiting = { rows: 1e9, stageBytes: 1 }

const people = () => at.world.rows('SELECT id, name FROM crm.people WHERE _deleted_at IS NULL ORDER BY id')

describe('staged chunks that wait for a commit', () => {
  it('go in together, with their children, and each row once', async () => {
    const { events, errors, streams } = await at.world.run(at.vendor.connector, { chunk: waiting })
    expect(errors).toEqual([])
    expect(events.filter((event) => event.type === 'batch.staged').length).toBeGreaterThan(5)
    expect(events.filter((event) => event.type === 'cursor.committed')).toHaveLength(1)
    expect(await people()).toHaveLength(30)
    expect(await at.world.rows('SELECT * FROM crm.items')).toHaveLength(60)
    expect(streams['people']).toMatchObject({ read: 30, inserted: 30, duplicates: 0 })
  })

  it('are committed as far as the last checkpoint when the vendor fails, and the next run goes on from there', async () => {
    at.vendor.onPage = (page) => {
      if (page === 6) throw new Error('the vendor is down')
    }
    const first = await at.world.run(at.vendor.connector, { chunk: waiting })
    expect(first.errors).toHaveLength(1)
    expect(await people()).toHaveLength(15)
    at.vendor.onPage = () => undefined
    const second = await at.world.run(at.vendor.connector, { chunk: waiting })
    expect(second.errors).toEqual([])
    expect(await people()).toHaveLength(30)
    expect(second.streams['people']).toMatchObject({ read: 15, inserted: 15, unchanged: 0 })
  })

  it('are committed when somebody asks to stop', async () => {
    let pages = 0
    at.vendor.onPage = (page) => void (pages = page)
    const stopped = await at.world.run(at.vendor.connector, { chunk: waiting, isStopping: () => pages >= 4 })
    expect(stopped.errors).toHaveLength(1)
    expect(await people()).toHaveLength(12)
    at.vendor.onPage = () => undefined
    const rest = await at.world.run(at.vendor.connector, { chunk: waiting })
    expect(rest.streams['people']).toMatchObject({ read: 18, inserted: 18 })
  })

  it('hold one row twice where it moved between pages: the newest counts', async () => {
    at.vendor.onPage = (page) => {
      if (page !== 3) return
      // Still within the scan's bounds by its stamp, and behind the pages already read.
      at.vendor.setClock(Date.parse('2026-01-01T00:00:29.500Z'))
      at.vendor.put(1, { name: 'moved' })
      at.vendor.setClock(Date.parse('2026-01-01T00:00:30.000Z'))
    }
    const { errors, streams } = await at.world.run(at.vendor.connector, { chunk: waiting })
    expect(errors).toEqual([])
    expect(await people()).toHaveLength(30)
    expect((await people()).at(0)).toMatchObject({ name: 'moved' })
    expect(streams['people']).toMatchObject({ read: 31, inserted: 30, duplicates: 1 })
  })

  it('are committed at the first checkpoint past the limit of rows', async () => {
    // Three people and their six items a page.
    const { events } = await at.world.run(at.vendor.connector, { chunk: { rows: 30, stageBytes: 1 } })
    const commits = events.filter((event) => event.type === 'cursor.committed')
    expect(commits.map((event) => event.loaded)).toEqual([12, 12, 6])
  })
})
