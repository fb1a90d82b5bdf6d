import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { createHost } from '../../src/connector/create-host.ts'
import { inSession } from '../../src/warehouse/session-context.ts'
import { openWorld } from './world.ts'

describe('a call of a vendor', () => {
  test('is refused while a warehouse session is open, and made before and after it', async () => {
    const world = openWorld()
    const host = createHost({
      connection: 'crm',
      runId: 'r',
      emit: () => undefined,
      spoolDir: tmpdir(),
      secrets: [],
      inSession,
    })
    const call = () =>
      host.call({ label: 'GET /people', docs: 'https://docs.example.com', signal: new AbortController().signal }, () =>
        Promise.resolve('answer'),
      )
    try {
      expect(await call()).toBe('answer')
      const inside = world.warehouse.session({ runId: 'r', purpose: 'commit people' }, call)
      await expect(inside).rejects.toMatchObject({ code: 'MR-7000', message: expect.stringContaining('GET /people') })
      expect(await call()).toBe('answer')
      expect(host.requests()).toBe(2)
    } finally {
      await host.close()
      await world.close()
    }
  })

  test('is refused in whatever the session has started, too', async () => {
    const world = openWorld()
    const host = createHost({
      connection: 'crm',
      runId: 'r',
      emit: () => undefined,
      spoolDir: tmpdir(),
      secrets: [],
      inSession,
    })
    const call = () =>
      host.call({ label: 'GET /people', docs: 'https://docs.example.com', signal: new AbortController().signal }, () =>
        Promise.resolve('answer'),
      )
    try {
      const work = world.warehouse.session({ runId: 'r', purpose: 'commit' }, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return call()
      })
      await expect(work).rejects.toMatchObject({ code: 'MR-7000' })
    } finally {
      await host.close()
      await world.close()
    }
  })
})
