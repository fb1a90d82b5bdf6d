import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startSimulators, type StartOptions } from '../../src/sandbox/host.ts'
import type { RunningSandbox } from '../../src/sandbox/running-sandbox.ts'
import tiny from './tiny-simulator.ts'

let dir: string
const running: RunningSandbox[] = []
const start = async (options: Partial<StartOptions> = {}) => {
  const sandbox = await startSimulators({ definitions: [tiny], dir, scale: 0.02, ...options })
  running.push(sandbox)
  return { sandbox, url: String(sandbox.connection('tiny').base_url) }
}
const stop = async () => {
  for (const sandbox of running.splice(0)) await sandbox.close()
}
const send = (url: string, init: RequestInit = {}) =>
  fetch(url, { ...init, headers: { connection: 'close', ...init.headers } })

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-host-'))
})

afterEach(async () => {
  await stop()
  rmSync(dir, { recursive: true, force: true })
})

test('the clock stands still but for move, and every answer carries it', async () => {
  const { sandbox, url } = await start()
  const before = await send(url)
  await new Promise((resolve) => setTimeout(resolve, 1100))
  const after = await send(url)
  expect(before.headers.get('date')).toBe('Fri, 20 Nov 2026 09:55:00 GMT')
  expect(after.headers.get('date')).toBe(before.headers.get('date'))
  const days = await sandbox.move(2)
  expect((await send(url)).headers.get('date')).toBe('Sun, 22 Nov 2026 09:55:00 GMT')
  expect(days.map(({ day }) => day)).toEqual([1, 2])
  expect(await sandbox.show('tiny', 'day')).toMatchObject([
    { at: '2026-11-21T09:55:00.000Z' },
    { at: '2026-11-22T09:55:00.000Z' },
  ])
})

test('the world, the day, the port and the faults are found again by the next start', async () => {
  const first = await start({ seed: 5 })
  await send(first.url, { method: 'POST', body: 'a note' })
  await first.sandbox.move(1)
  await first.sandbox.setFault('tiny', 'status', { status: 502 })
  const people = await first.sandbox.show('tiny', 'Person')
  await stop()
  const second = await start({ scale: undefined })
  expect(second.url).toBe(first.url)
  expect(await second.sandbox.show('tiny', 'Person')).toEqual(people)
  expect(await second.sandbox.status()).toMatchObject({ seed: 5, scale: 0.02, day: 1 })
  expect((await send(second.url)).status).toBe(502)
  expect(await (await send(second.url)).json()).toMatchObject({ notes: 1 })
  expect((await second.sandbox.journal('tiny')).map(({ sequence }) => sequence)).toEqual([1, 2, 3])
})

test('a story goes on after a restart as it would have without one', async () => {
  const { sandbox } = await start()
  await sandbox.move(3)
  const whole = await sandbox.show('tiny', 'Day')
  await sandbox.reset()
  await sandbox.move(1)
  await stop()
  const later = await start()
  await later.sandbox.move(2)
  expect(await later.sandbox.show('tiny', 'Day')).toEqual(whole)
})

test('reset with another seed makes another world, with the clock, the journal and the faults as new', async () => {
  const { sandbox, url } = await start({ seed: 1 })
  const people = await sandbox.show('tiny', 'Person')
  await send(url, { method: 'POST', body: 'x' })
  await sandbox.move(1)
  await sandbox.setFault('tiny', 'html', {})
  await sandbox.reset(2)
  expect(await sandbox.show('tiny', 'Person')).not.toEqual(people)
  expect(await sandbox.status()).toMatchObject({ seed: 2, day: 0, vendors: [{ faults: {} }] })
  expect(await sandbox.journal('tiny')).toEqual([])
  expect(await (await send(url)).json()).toMatchObject({ notes: 0, now: '2026-11-20T09:55:00.000Z' })
  await sandbox.reset(1)
  expect(await sandbox.show('tiny', 'Person')).toEqual(people)
})

test('a vendor that joins a kept world lives through its days', async () => {
  const { sandbox } = await start()
  await sandbox.move(2)
  await stop()
  const moments: string[] = []
  const late = {
    ...tiny,
    name: 'late',
    move: (context: Parameters<typeof tiny.move>[0], day: Parameters<typeof tiny.move>[1]) => {
      moments.push(context.now().toISOString())
      tiny.move(context, day)
    },
  }
  const both = await start({ definitions: [tiny, late] })
  expect(moments).toEqual(['2026-11-21T09:55:00.000Z', '2026-11-22T09:55:00.000Z'])
  expect(await both.sandbox.show('late', 'Day')).toEqual(await both.sandbox.show('tiny', 'Day'))
})

test('a move that fails in one vendor is made good by the next start', async () => {
  let failing = true
  const fragile: typeof tiny = {
    ...tiny,
    name: 'fragile',
    move: (context, day) => {
      tiny.move(context, day)
      if (failing) throw new TypeError('killed in the middle')
    },
  }
  const { sandbox } = await start({ definitions: [tiny, fragile] })
  await expect(sandbox.move(1)).rejects.toThrow('killed in the middle')
  await stop()
  failing = false
  const again = await start({ definitions: [tiny, fragile] })
  expect(await again.sandbox.show('fragile', 'Day')).toEqual(await again.sandbox.show('tiny', 'Day'))
  expect(await again.sandbox.show('fragile', 'Day')).toHaveLength(1)
})

test('a day moved with another seed has another story, and keeps it', async () => {
  const { sandbox } = await start()
  const told = async (seed?: number) => {
    await sandbox.reset()
    await sandbox.move(1, seed)
    await sandbox.move(1)
    return sandbox.show('tiny', 'Story')
  }
  const usual = await told()
  const other = await told(99)
  expect(other).not.toEqual(usual)
  await stop()
  const again = await start()
  await again.sandbox.move(1)
  expect((await again.sandbox.show('tiny', 'Story')).slice(0, 2)).toEqual(other)
})

test.each([{ seed: 0.5 }, { scale: 0 }, { scale: -1 }])('a world of %j is refused', async (wanted) => {
  await expect(start(wanted)).rejects.toMatchObject({ code: 'MR-1001' })
})

test('another seed than the kept one is refused, and says how to get it', async () => {
  await start({ seed: 1 })
  await stop()
  await expect(start({ seed: 2 })).rejects.toMatchObject({
    code: 'MR-6001',
    next: [expect.stringContaining('reset --seed 2')],
  })
})

test('a directory has one host at a time', async () => {
  await start()
  await expect(start()).rejects.toMatchObject({ code: 'MR-6001', message: expect.stringContaining('another process') })
})

test('a world in memory leaves no file and can stand beside another', async () => {
  const [first, second] = [await start({ dir: null, scale: 0.02 }), await start({ dir: null, scale: 0.02 })]
  expect(await first.sandbox.show('tiny', 'PERSON')).toEqual(await second.sandbox.show('tiny', 'person'))
  expect(first.url).not.toBe(second.url)
})

test('the journal has what was asked and answered, without the credentials', async () => {
  const { sandbox, url } = await start()
  await send(`${url}/notes?access_token=canary-1&page=2`, {
    method: 'POST',
    body: 'client_secret=canary-2&text=hello',
    headers: { authorization: 'Bearer canary-3' },
  })
  await send(`${url}/broken`)
  const [note, broken] = await sandbox.journal('tiny')
  expect(note).toMatchObject({
    sequence: 1,
    at: '2026-11-20T09:55:00.000Z',
    method: 'POST',
    path: '/notes?access_token=[redacted]&page=2',
    body: 'client_secret=[redacted]&text=hello',
    bodyBytes: 33,
    status: 200,
    handledStatus: 200,
  })
  expect(note?.headers.authorization).toBe('Bearer [redacted]')
  expect(broken).toMatchObject({ status: 500, note: expect.stringContaining('a bug in the simulator') })
  expect(JSON.stringify(await sandbox.journal('tiny'))).not.toContain('canary')
  expect(await sandbox.journal('tiny', { since: 1 })).toEqual([broken])
})

test('the journal keeps 256 KB of a body and its whole length', async () => {
  const { sandbox, url } = await start()
  await send(url, { method: 'POST', body: 'é'.repeat(300_000) })
  const [entry] = await sandbox.journal('tiny')
  expect(entry?.bodyBytes).toBe(600_000)
  expect(Buffer.byteLength(entry?.body ?? '')).toBe(256 * 1024)
})

test('show finds a record by id, and names what there is for an unknown object', async () => {
  const { sandbox } = await start()
  expect(await sandbox.show('tiny', 'person', '3')).toMatchObject([{ id: 3 }])
  expect(await sandbox.show('tiny', 'person', 'none')).toEqual([])
  await expect(sandbox.show('tiny', 'invoice')).rejects.toMatchObject({ next: [expect.stringContaining('Person')] })
  await expect(sandbox.show('huge', 'invoice')).rejects.toMatchObject({ code: 'MR-1002' })
})
