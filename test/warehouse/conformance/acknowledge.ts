import { describe, expect, test } from 'vitest'
import type { Answer } from '../../../src/warehouse/port.ts'
import { errorOf, useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { answer, fenceOf, meta, openReverse, refused } from '../reverse.ts'

export function acknowledgeConformance(open: OpenWarehouse): void {
  describe('intents and acknowledgements', () => {
    const bench = useWorkbench(open)
    const reverse = () =>
      openReverse(bench(), {
        model: `SELECT 'a' AS id, 'Ann' AS name`,
        columns: [{ name: 'name', type: 'string' }],
        key: ['id'],
      })
    const snapshot = async () =>
      (await bench().rows('SELECT key, state, v_name FROM _millrace.snapshot_out ORDER BY key')).map(
        ({ key, state, v_name }) => `${key} ${state} ${v_name}`,
      )
    const intents = () => bench().session((session) => session.reverse.countIntents('out'))

    test('what was accepted enters the snapshot, and its intent goes', async () => {
      const delivery = await reverse()
      await delivery.intend(['a', 'b'].map((key) => ({ key, op: 'upsert' })))
      expect(await intents()).toBe(2)
      await delivery.acknowledge([answer('a', { values: ['Ann'] })])
      expect(await snapshot()).toEqual(['a accepted Ann'])
      expect(await intents()).toBe(1)
    })

    test('what was refused stays out of the snapshot, keeps what was accepted before, and is open until it is accepted', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([answer('a', { values: ['Ann'] })])
      await delivery.intend([{ key: 'a', op: 'upsert' }])
      await delivery.acknowledge([refused('a'), refused('b', { status: 'absent', code: null })])
      expect(await snapshot()).toEqual(['a accepted Ann'])
      expect(await intents()).toBe(0)
      const read = () => bench().session(({ state }) => state.readRejects({ sync: 'out', limit: 10 }))
      expect(await read()).toMatchObject([
        { key: 'a', code: 'BAD', stream: 'person', attempts: 1, state: 'open' },
        { key: 'b', code: 'MR-5004' },
      ])
      const [first] = await read()
      await delivery.acknowledge([refused('a', { attempts: 2 })])
      expect((await read()).filter(({ key }) => key === 'a')).toMatchObject([
        { attempts: 2, first_at: first?.first_at },
      ])
      await delivery.acknowledge([answer('a', { values: ['Anna'] }), answer('b', { values: ['Bob'] })])
      expect(await read()).toEqual([])
    })

    test('a removal leaves a tombstone with the values that were sent', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([answer('a', { values: ['Ann'] })])
      await delivery.acknowledge([
        answer('a', { op: 'delete', state: 'removed' }),
        answer('z', { op: 'delete', state: 'removed' }),
      ])
      expect(await snapshot()).toEqual(['a removed Ann', 'z removed null'])
    })

    test('what changed is kept for the analyst, with the old and the new value', async () => {
      const delivery = await reverse()
      const fields = JSON.stringify({ name: ['Ann', 'Anna'] })
      await delivery.acknowledge([
        answer('a', { values: ['Anna'], fields, sent_at: '2026-11-20T10:00:00.000Z' }),
        answer('b', { values: ['Bob'] }),
      ])
      expect(
        await bench().rows('SELECT run_id, sync, key, op, fields, status, sent_at FROM _millrace.changes'),
      ).toEqual([
        {
          run_id: 'run-1',
          sync: 'out',
          key: 'a',
          op: 'upsert',
          fields,
          status: 'delivered',
          sent_at: '2026-11-20 10:00:00',
        },
      ])
    })

    test('a late writer may neither intend nor acknowledge, and changes nothing', async () => {
      const late = await reverse()
      await late.intend([{ key: 'a', op: 'upsert' }])
      await bench().session(({ state }) => state.takeFence({ sync: 'out', stream: 'person', partition: '' }, 'run-2'))
      expect((await errorOf(late.intend([{ key: 'b', op: 'upsert' }]))).code).toBe('MR-2005')
      expect((await errorOf(late.acknowledge([answer('a', { values: ['Ann'] })]))).code).toBe('MR-2005')
      expect(await snapshot()).toEqual([])
      expect(await intents()).toBe(1)
    })

    test('a snapshot is emptied by the run that has it, and by no late one', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([answer('a', { values: ['Ann'] })])
      const scope = { sync: 'out', stream: 'person', partition: '' }
      const fence = await bench().session(({ state }) => state.takeFence(scope, 'run-2'))
      const empty = (epoch: number) =>
        bench().session((session) => session.reverse.emptySnapshot({ ...scope, epoch, runId: 'run-2' }))
      expect((await errorOf(empty(fence.epoch - 1))).code).toBe('MR-2005')
      expect(await snapshot()).toEqual(['a accepted Ann'])
      await empty(fence.epoch)
      expect(await snapshot()).toEqual([])
    })

    test('an emptied one is nobody’s until its run says whose it is, in the same session, too, and where its table is gone', async () => {
      await (await reverse()).intend([])
      await bench().rows('DROP TABLE _millrace.snapshot_out')
      await bench().session(async (session) => {
        const scope = { sync: 'out', stream: 'person', partition: '' }
        const fence = await session.state.takeFence(scope, 'run-2')
        expect(await session.reverse.readMeta('out')).toEqual(meta)
        await session.reverse.emptySnapshot(fence)
        expect(await session.reverse.readMeta('out')).toBeNull()
        await session.reverse.openIntents({ fence, path: null, meta })
        expect(await session.reverse.readMeta('out')).toEqual(meta)
      })
    })

    test('an acknowledgement that fails half way changes nothing', async () => {
      const delivery = await reverse()
      await delivery.intend([{ key: 'a', op: 'upsert' }])
      const broken: Answer = answer('b', { values: ['Bob'], fields: 'not JSON' })
      await errorOf(delivery.acknowledge([answer('a', { values: ['Ann'] }), broken]))
      expect(await snapshot()).toEqual([])
      expect(await intents()).toBe(1)
    })

    test('the snapshot knows whose it is', async () => {
      await (await reverse()).intend([])
      await bench().session(async (session) => {
        expect(await session.reverse.readMeta('out')).toEqual(meta)
        expect(await session.reverse.readMeta('other')).toBeNull()
        expect(await session.reverse.hasSnapshot('other')).toBe(false)
      })
    })

    test('reopening adds only the intents that are missing, each once, and needs no fence', async () => {
      const delivery = await reverse()
      await delivery.intend([{ key: 'a', op: 'upsert' }])
      const keys = [
        { key: 'a', op: 'delete' },
        { key: "b'\0c", op: 'upsert' },
        { key: "b'\0c", op: 'upsert' },
      ]
      await bench().session(async (session) => {
        expect(await session.reverse.reopenIntents({ fence: fenceOf('late'), keys })).toBe(1)
        expect(await session.reverse.reopenIntents({ fence: fenceOf('late'), keys })).toBe(0)
        expect(await session.reverse.reopenIntents({ fence: fenceOf('late'), keys: [] })).toBe(0)
        expect(await session.reverse.countIntents('out')).toBe(2)
      })
      expect(await bench().rows(`SELECT op FROM _millrace.intents WHERE key = 'a'`)).toEqual([{ op: 'upsert' }])
    })

    test('nothing is opened again of a state that was forgotten or moved, or is of another account', async () => {
      const delivery = await reverse()
      await delivery.intend([{ key: 'a', op: 'upsert' }])
      const reopen = (account?: string) =>
        bench().session(({ reverse: late }) =>
          late.reopenIntents({ fence: fenceOf('late'), account, keys: [{ key: 'b', op: 'upsert' }] }),
        )
      expect(await reopen('another')).toBeNull()
      expect(await intents()).toBe(1)
      expect(await reopen(meta.account)).toBe(1)
      await bench().session(({ upkeep }) => upkeep.move({ from: 'out', to: 'new', destination: null }))
      expect(await reopen()).toBeNull()
      await bench().session(({ upkeep }) => upkeep.move({ from: 'new', to: 'out', destination: null }))
      await bench().session(({ state }) => state.reset('out', null))
      expect(await reopen()).toBeNull()
      expect(await bench().rows('SELECT * FROM _millrace.intents')).toEqual([])
    })

    test('whoever was erased does not come back with what a late run has sent, nor with its answers', async () => {
      const delivery = await reverse()
      const keys = ['a', 'b'].map((key) => ({ key, op: 'upsert' }))
      await delivery.intend(keys)
      await bench().session(({ upkeep }) => upkeep.eraseKey({ sync: 'out', key: 'a', keepHash: false }))
      expect((await errorOf(delivery.acknowledge([answer('a', { values: ['Ann'] })]))).code).toBe('MR-2005')
      const reopened = bench().session(({ reverse: late }) => late.reopenIntents({ fence: fenceOf('run-1'), keys }))
      expect(await reopened).toBe(0)
      expect(await bench().rows('SELECT key FROM _millrace.intents')).toEqual([{ key: 'b' }])
    })

    test('of what a late run has sent that is opened again for which others have answered since, and nobody who was erased', async () => {
      const keys = ['a', 'b', 'c'].map((key) => ({ key, op: 'upsert' }))
      await (await reverse()).intend(keys)
      const next = await reverse()
      await next.acknowledge([answer('a', { values: ['Ann'] }), answer('b', { values: ['Ben'] }), refused('c')])
      await bench().session(({ upkeep }) => upkeep.eraseKey({ sync: 'out', key: 'a', keepHash: false }))
      const reopen = () => bench().session((session) => session.reverse.reopenIntents({ fence: fenceOf('late'), keys }))
      expect(await reopen()).toBe(2)
      expect(await reopen()).toBe(0)
      // Whoever comes next knows nothing of the erasure.
      await (await reverse()).intend([])
      expect(await reopen()).toBe(0)
      expect(await bench().rows('SELECT key FROM _millrace.intents ORDER BY key')).toEqual([{ key: 'b' }, { key: 'c' }])
    })

    test('of what a late run has sent that is opened again which has left since, too, and was ignored, and nobody of whom the hash alone is kept', async () => {
      const keys = ['a', 'b'].map((key) => ({ key, op: 'upsert' }))
      await (await reverse()).intend(keys)
      const next = await reverse()
      await next.acknowledge(keys.map(({ key }) => answer(key, { values: ['x'] })))
      await next.acknowledge(keys.map(({ key }) => answer(key, { status: 'ignored', state: 'ignored' })))
      await bench().session(({ upkeep }) => upkeep.eraseKey({ sync: 'out', key: 'a', keepHash: true }))
      const reopened = bench().session(({ reverse: late }) => late.reopenIntents({ fence: fenceOf('late'), keys }))
      expect(await reopened).toBe(1)
      expect(await bench().rows('SELECT key FROM _millrace.intents')).toEqual([{ key: 'b' }])
    })

    test('of what a late run has sent before a reset that is opened again which was sent since', async () => {
      const keys = ['a', 'b'].map((key) => ({ key, op: 'upsert' }))
      await (await reverse()).intend(keys)
      await bench().session(({ state }) => state.reset('out', null))
      const anew = await reverse()
      await anew.intend([{ key: 'b', op: 'upsert' }])
      await anew.acknowledge([answer('b', { values: ['Ben'] })])
      const reopened = bench().session((session) => session.reverse.reopenIntents({ fence: fenceOf('late'), keys }))
      expect(await reopened).toBe(1)
      expect(await bench().rows('SELECT key FROM _millrace.intents')).toEqual([{ key: 'b' }])
    })

    test('an intent that a late run has crossed stays open whatever its own run acknowledges, until it is intended anew', async () => {
      const delivery = await reverse()
      const both = [
        { key: 'a', op: 'upsert' },
        { key: 'b', op: 'upsert' },
      ]
      const taken = both.map(({ key }) => answer(key, { values: ['x'] }))
      const open = async () =>
        (await bench().rows(`SELECT key FROM _millrace.intents ORDER BY key`)).map(({ key }) => key)
      await delivery.intend(both)
      // Its sending of `a` came after that of whoever has taken over, and before this one's answer was committed.
      await bench().session(({ reverse: late }) =>
        late.reopenIntents({ fence: fenceOf('late'), keys: [{ key: 'a', op: 'upsert' }] }),
      )
      await delivery.acknowledge(taken)
      expect(await open()).toEqual(['a'])
      await delivery.intend([{ key: 'a', op: 'upsert' }])
      await delivery.acknowledge(taken)
      expect(await open()).toEqual([])
    })

    test('an intent that a late run has crossed is closed by the run that takes it over, and not where that was crossed, too', async () => {
      const delivery = await reverse()
      const keys = ['a', 'b'].map((key) => ({ key, op: 'upsert' }))
      await delivery.intend(keys)
      const sendLate = (runId: string) =>
        bench().session(({ reverse: late }) => late.reopenIntents({ fence: fenceOf(runId), keys }))
      const open = async () =>
        (await bench().rows(`SELECT key FROM _millrace.intents ORDER BY key`)).map(({ key }) => key)
      await sendLate('late')
      const settled = keys.map(({ key }) => answer(key, { status: 'ignored', state: 'ignored' }))
      await delivery.acknowledge(settled)
      expect(await open()).toEqual(['a', 'b'])
      expect(await delivery.takeIntentsOver()).toBe(2)
      await delivery.acknowledge(settled.slice(0, 1))
      expect(await open()).toEqual(['b'])
      await sendLate('later')
      await delivery.acknowledge(settled)
      expect(await open()).toEqual(['b'])
    })

    test('reopening what was taken back takes back what the changes of its run say of it, and of nothing else', async () => {
      const delivery = await reverse()
      await delivery.intend([])
      const sent = ['a', 'b'].map((key) => answer(key, { values: ['x'], fields: '{}', status: 'delivered' }))
      await delivery.acknowledge(sent)
      const statuses = async () =>
        (await bench().rows(`SELECT key, status FROM _millrace.changes ORDER BY key`)).map(
          ({ key, status }) => `${key} ${status}`,
        )
      const keys = [{ key: 'a', op: 'upsert' }]
      const reopen = (runId: string, request: { readonly takenBack?: true } = {}) =>
        bench().session((session) => session.reverse.reopenIntents({ fence: fenceOf(runId), keys, ...request }))
      await reopen('run-1')
      await reopen('another', { takenBack: true })
      expect(await statuses()).toEqual(['a delivered', 'b delivered'])
      await reopen('run-1', { takenBack: true })
      expect(await statuses()).toEqual(['a unknown', 'b delivered'])
      expect(await intents()).toBe(1)
    })

    test('a refused row that is in neither model nor snapshot any more is settled with the next intents', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([refused('x'), refused('a')])
      await bench().session(async (session) => {
        const columns = [{ name: 'name', type: 'string' }] as const
        await session.reverse.diff({
          sync: 'out',
          model: `SELECT 'a' AS id, 'Ann' AS name`,
          key: [{ column: 'id', normalise: 'exact' }],
          columns,
          optOuts: [],
          mappingVersion: 'm1',
          retriesOnly: false,
        })
        const fence = { sync: 'out', stream: 'person', partition: '', epoch: 1, runId: 'run-1' }
        await session.reverse.openIntents({ fence, path: null, meta })
        expect((await session.state.readRejects({ sync: 'out', limit: 10 })).map(({ key }) => key)).toEqual(['a'])
      })
    })
  })
}
