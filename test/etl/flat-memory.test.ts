/** A stream of any length is in memory and on disk only a few chunks at a time (promise 13). */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { useThirtyPeople } from './thirty-people.ts'

const at = useThirtyPeople()

const commits = (events: readonly { readonly type: string }[]) =>
  events.filter(({ type }) => type === 'cursor.committed').length

describe('while a commit is held up', () => {
  it('two chunks are under way, one is being filled, and no more pages are asked for', async () => {
    const held = Promise.withResolvers<void>()
    const has = Promise.withResolvers<void>()
    let holding: Promise<void> | undefined
    at.vendor.onPage = async () => {
      // Somebody else is at the warehouse's file, from before the first chunk on.
      holding ??= at.world.warehouse.session({ runId: 'other', purpose: 'hold' }, () => {
        has.resolve()
        return held.promise
      })
      await has.promise
    }
    const running = at.world.run(at.vendor.connector)
    await has.promise
    while (at.vendor.pagesRead() < 3) await sleep(20)
    let before = 0
    while (before !== at.vendor.pagesRead()) {
      before = at.vendor.pagesRead()
      await sleep(500)
    }
    const pages = at.vendor.pagesRead()
    held.resolve()
    await holding
    const { errors, streams } = await running
    expect(pages).toBe(3)
    expect(errors).toEqual([])
    expect(streams['people']).toMatchObject({ read: 30, inserted: 30 })
  })
})

describe('staging', () => {
  it('has no more memory than the run gives it', async () => {
    const { errors } = await at.world.run(at.vendor.connector, { stagingMemory: '2KB' })
    expect(errors.map(({ message }) => message).join()).toMatch(/memory/i)
  })
})

describe('a commit is due', () => {
  const unlimited = { rows: 1e9, bytes: 1e9, ageMs: 1e9 }

  it('only at the end, where nothing asks for it before', async () => {
    const { events } = await at.world.run(at.vendor.connector, { chunk: unlimited })
    expect(commits(events)).toBe(1)
  })

  it('at the first checkpoint past the limit of bytes', async () => {
    const { events } = await at.world.run(at.vendor.connector, { chunk: { ...unlimited, bytes: 1 } })
    // Ten pages, and the end.
    expect(commits(events)).toBe(11)
  })

  it('at the first checkpoint past the limit of bytes, counting what was staged and waits', async () => {
    const { events } = await at.world.run(at.vendor.connector, { chunk: { ...unlimited, bytes: 500, stageBytes: 1 } })
    expect(commits(events)).toBeGreaterThan(2)
    expect(commits(events)).toBeLessThan(11)
  })

  it('at the first checkpoint past its age', async () => {
    const { events } = await at.world.run(at.vendor.connector, { chunk: { ...unlimited, ageMs: 0 } })
    expect(commits(events)).toBe(11)
  })
})
