import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import type { Session } from '../../../src/warehouse/port.ts'
import { at, collect, errorOf, scope, useWorkbench, type OpenWarehouse, type Row } from '../workbench.ts'

export function fenceConformance(open: OpenWarehouse, adapterUrl: string): void {
  describe('fences', () => {
    const bench = useWorkbench(open)
    const take = (runId: string, of = scope) => bench().session(({ state }) => state.takeFence(of, runId))
    const execute = (sql: string) => bench().session((session) => collect(session.query(sql)))
    const rows: readonly Row[] = [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }]
    let children: ChildProcess[] = []
    afterEach(() => {
      for (const child of children) child.kill('SIGKILL')
      children = []
    })

    test('begin at one, rise with everybody who takes them, and name who had them', async () => {
      expect(await take('run-1')).toMatchObject({ epoch: 1, runId: 'run-1', previous: null })
      expect(await take('run-2')).toMatchObject({ epoch: 2, runId: 'run-2', previous: { runId: 'run-1', epoch: 1 } })
      expect(await bench().session(({ state }) => state.readFence(scope))).toEqual({ epoch: 2, runId: 'run-2' })
    })

    test('of scopes are apart: partition, stream and sync', async () => {
      await take('run-1')
      for (const other of [
        { ...scope, partition: 'p' },
        { ...scope, stream: 's' },
        { ...scope, sync: "o'ther" },
      ])
        expect(await take('run-2', other)).toMatchObject({ epoch: 1, previous: null })
      expect(await bench().load({ rows, fence: { ...scope, epoch: 1, runId: 'run-1' } })).toMatchObject({ inserted: 1 })
    })

    test('of many scopes are taken at once, each with its own epoch and who had it, in the order of the scopes', async () => {
      const scopes = Array.from({ length: 230 }, (_, n) => ({ ...scope, stream: `s${n}`, n }))
      await take('run-1', scopes[1])
      await take('run-2', scopes[1])
      await take('run-1', scopes[229])
      await take('run-1', { ...scope, stream: 's5', partition: 'p' })
      const taken = await bench().session(({ state }) => state.takeFences(scopes, 'run-3'))
      expect(taken.map(({ n }) => n)).toEqual(scopes.map(({ n }) => n))
      expect(taken[1]).toMatchObject({ stream: 's1', epoch: 3, runId: 'run-3', previous: { runId: 'run-2', epoch: 2 } })
      expect(taken[229]).toMatchObject({ stream: 's229', epoch: 2, previous: { runId: 'run-1', epoch: 1 } })
      for (const fence of taken.filter(({ n }) => n !== 1 && n !== 229))
        expect(fence).toMatchObject({ epoch: 1, previous: null })
      for (const { n, previous: _previous, ...fence } of [taken[0], taken[1], taken[229]].filter(
        (one) => one !== undefined,
      ))
        expect(await bench().session(({ state }) => state.readFence(fence)), String(n)).toEqual({
          epoch: fence.epoch,
          runId: 'run-3',
        })
    })

    test('of many scopes are taken all or none', async () => {
      await execute(`DELETE FROM _millrace.fences WHERE sync = ''`)
      const scopes = Array.from({ length: 3 }, (_, n) => ({ ...scope, stream: `s${n}` }))
      await errorOf(bench().session(({ state }) => state.takeFences(scopes, 'run-1')))
      expect(await bench().rows('SELECT stream FROM _millrace.fences')).toEqual([])
    })

    test.each(['', 'p'])(
      'stay with the run that has them where a newer millrace has written a cursor (partition %j), which this one cannot read',
      async (partition) => {
        const other = { ...scope, stream: 'orders' }
        const own = { ...scope, partition }
        await bench().load({ rows: [], fence: await take('run-1', other), cursor: { watermark: at(1), scan: null } })
        await bench().load({ rows: [], fence: await take('newer', own), cursor: { watermark: at(1), scan: null } })
        await execute(`UPDATE _millrace.cursors SET cursor_version = 2 WHERE stream = 'people'`)
        const both = ({ state }: Session) => state.takeFences([other, own], 'older')
        const errors = [await errorOf(bench().session(both)), await errorOf(take('older', own))]
        expect(errors.map(({ code }) => code)).toEqual(['MR-2007', 'MR-2007'])
        expect(errors[0]?.message).toContain('crm, stream people')
        expect(await bench().session(({ state }) => state.readFence(own))).toEqual({ epoch: 1, runId: 'newer' })
        expect(await bench().session(({ state }) => state.readFence(other))).toEqual({ epoch: 1, runId: 'run-1' })
        expect(await bench().load({ rows, fence: { ...own, epoch: 1, runId: 'newer' } })).toMatchObject({ inserted: 1 })
      },
    )

    test('let a late writer lose, and say who has taken over', async () => {
      const late = await take('run-1')
      await take('run-2')
      const error = await errorOf(bench().load({ rows, fence: late, cursor: { watermark: at(9), scan: null } }))
      expect(error.code).toBe('MR-2005')
      expect(error.message).toContain('run-2')
      expect(await bench().rows('SELECT * FROM crm.people')).toEqual([])
      expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual({ watermark: null, scan: null })
    })

    test('of an older epoch do not hold for the same run either', async () => {
      const first = await take('run-1')
      await take('run-1')
      expect((await errorOf(bench().load({ rows, fence: first }))).code).toBe('MR-2005')
    })

    test('of the right epoch do not hold for another run', async () => {
      const fence = await take('run-1')
      expect((await errorOf(bench().load({ rows, fence: { ...fence, runId: 'run-x' } }))).code).toBe('MR-2005')
    })

    test('whose row is missing hold for nobody', async () => {
      const fence = await take('run-1')
      await execute(`DELETE FROM _millrace.fences WHERE sync = 'crm'`)
      const error = await errorOf(bench().load({ rows, fence }))
      expect(error.code).toBe('MR-2005')
      expect(error.message).toContain('gone')
      expect(await bench().rows('SELECT * FROM crm.people')).toEqual([])
    })

    test('whose row stands twice hold for nobody', async () => {
      const fence = await take('run-1')
      await execute(`INSERT INTO _millrace.fences SELECT * FROM _millrace.fences WHERE sync = 'crm'`)
      expect((await errorOf(bench().load({ rows, fence }))).code).toBe('MR-2005')
    })

    test('cannot be taken where the seeded row is gone, and the error says how to mend it', async () => {
      await execute(`DELETE FROM _millrace.fences WHERE sync = ''`)
      const error = await errorOf(take('run-1'))
      expect(error.message).toContain('_millrace.fences')
      expect(error.next.join()).toContain('Insert')
      expect(await bench().session(({ state }) => state.readFence(scope))).toBeNull()
    })

    test('are taken and reset where two first starts have both seeded the table', async () => {
      await execute(`INSERT INTO _millrace.fences SELECT * FROM _millrace.fences WHERE sync = ''`)
      const fence = await take('run-1')
      expect(fence).toMatchObject({ epoch: 1, previous: null })
      expect(await bench().load({ rows, fence })).toMatchObject({ inserted: 1 })
      await bench().session(({ state }) => state.reset(scope.sync, null))
      expect(await take('run-2')).toMatchObject({ epoch: 3 })
    })

    test('let exactly one of two processes commit that both think they may', async () => {
      await bench().load({ rows })
      const start = (runId: string) => {
        const child = spawn(process.execPath, [childFile, adapterUrl, bench().location, runId], {
          stdio: ['pipe', 'pipe', 'inherit'],
        })
        children.push(child)
        const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
        return {
          hear: async (): Promise<string> => (await lines.next()).value ?? 'ended',
          go: () => child.stdin.write('go\n'),
        }
      }
      const first = start('run-a')
      expect(await first.hear()).toBe('fence 2')
      const second = start('run-b')
      expect(await second.hear()).toBe('fence 3')
      first.go()
      second.go()
      expect((await Promise.all([first.hear(), second.hear()])).sort()).toEqual(['MR-2005', 'committed'])
      expect(await bench().session(({ state }) => state.readCursor(scope))).toEqual({
        watermark: null,
        scan: null,
        marks: { last: 'run-b' },
      })
    })
  })
}

const childFile = fileURLToPath(new URL('../committing-child.ts', import.meta.url))
