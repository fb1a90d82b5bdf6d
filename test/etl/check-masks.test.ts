import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createVendor } from './vendor.ts'
import { openWorld, type RunOptions, type streamConfig, type World } from './world.ts'

let world: World
beforeEach(() => {
  world = openWorld()
})
afterEach(() => world.close())

const run = (
  people: Parameters<typeof createVendor>[0]['people'],
  config: Parameters<typeof streamConfig>[0],
  options: RunOptions = {},
) =>
  world.run(createVendor({ readAt: world.clock, withoutChildren: true, ...(people && { people }) }).connector, {
    ...options,
    streams: [config ?? {}],
  })

describe('refused before anything is read is', () => {
  it('a where that the stream does not obey', async () => {
    await expect(run({ takesWhere: undefined }, { where: "name = 'a'" })).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('people takes no  where '),
    })
  })

  it('a mask on a part whose value stands in clear in the whole', async () => {
    const parts = { parts: { name: ['updated_at', 'deleted', 'id'] } }
    await expect(run(parts, { mask: { id: 'sha256' } })).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('people.id is masked, and name has it in clear'),
      next: [expect.stringContaining('exclude: [name]')],
    })
    expect((await run(parts, { mask: { id: 'sha256', name: 'redact' } })).errors).toEqual([])
    expect((await run(parts, { mask: { id: 'sha256' }, exclude: ['name'] })).errors).toEqual([])
  })

  it('a mask on a part of the key, as long as the key stands in clear', async () => {
    const parts = { parts: { id: ['name'] } }
    await expect(run(parts, { mask: { name: 'redact' }, include: ['name'] })).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('people.name is masked, and id has it in clear'),
      next: ['Mask id too, with sha256: the stream cannot do without it.'],
    })
    expect((await run(parts, { mask: { name: 'redact', id: 'sha256' } })).errors).toEqual([])
  })

  it('a mask on what days or accounts are replaced by', async () => {
    const report = {
      key: ['id', 'name'],
      columns: { id: 'integer', name: 'string', day: 'date' },
      boundedBy: 'day',
      reportsDays: true,
      windowOf: ['name'],
      version: undefined,
      deletedWhen: undefined,
    } as const
    for (const field of ['day', 'name'])
      await expect(run(report, { mode: 'replace_window', mask: { [field]: 'sha256' } })).rejects.toMatchObject({
        code: 'MR-1208',
        message: expect.stringContaining(`people.${field} cannot be masked: rows are replaced by it`),
      })
    const keyless = { ...report, key: ['id'] }
    await expect(run(keyless, { mode: 'full_refresh', mask: { name: 'sha256' } })).rejects.toMatchObject({
      message: expect.stringContaining('people.name cannot be masked: rows are replaced by it'),
    })
  })

  it('a reconciliation of what the vendor does not list whole, where the stream itself asks for it', async () => {
    const asked = { reconcileMs: 7 * 86_400_000, own: ['reconcile'] }
    await expect(run({ enumerates: false }, asked)).rejects.toMatchObject({
      code: 'MR-1208',
      message: expect.stringContaining('people cannot be reconciled'),
    })
    for (const config of [{ reconcileMs: 7 * 86_400_000 }, { ...asked, name: 'peo*' }])
      expect((await run({ enumerates: false }, config)).errors).toEqual([])
  })
})
