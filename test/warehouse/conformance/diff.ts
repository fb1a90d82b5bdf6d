import { describe, expect, test } from 'vitest'
import { useWorkbench, type OpenWarehouse } from '../workbench.ts'
import { answer, openReverse, refused, type ReverseSetup } from '../reverse.ts'

export function diffConformance(open: OpenWarehouse): void {
  describe('a diff', () => {
    const bench = useWorkbench(open)
    const columns = [
      { name: 'name', type: 'string' },
      { name: 'out', type: 'boolean' },
    ] as const
    const model = (...rows: readonly string[]) =>
      rows.length === 0
        ? `SELECT '' AS id, '' AS name, true AS out WHERE false`
        : `SELECT CAST(id AS VARCHAR) AS id, CAST(name AS VARCHAR) AS name, CAST(out AS BOOLEAN) AS out FROM (VALUES ${rows.join(', ')}) v(id, name, out)`
    const named = [
      { name: 'name', type: 'string' },
      { name: 'team', type: 'string' },
    ] as const
    const people = (...rows: readonly string[]) => `SELECT * FROM (VALUES ${rows.join(', ')}) v(id, name, team)`
    const reverse = (rest: Partial<ReverseSetup> = {}) =>
      openReverse(bench(), { model: model(), columns, key: ['id'], ...rest })
    const kinds = (candidates: readonly { readonly key: string; readonly kind: string }[]) =>
      candidates.map(({ key, kind }) => `${key} ${kind}`)
    const accepted = (key: string, name: string | null, out: string | null = 'false') =>
      answer(key, { values: [name, out] })

    test('tells added, changed, unchanged and removed rows apart', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('b', 'Bob'), accepted('c', 'Cy'), accepted('d', 'Di')])
      const { counts, candidates } = await delivery.diff({
        model: model(`('a', 'Ann', false)`, `('b', 'Bert', false)`, `('c', 'Cy', false)`),
      })
      expect(counts).toEqual({
        model_rows: 3,
        added: 1,
        changed: 1,
        unchanged: 1,
        retry: 0,
        invalid: 0,
        removed: 1,
        accepted: 3,
        invalidSamples: [],
        sharedRecords: 0,
        leftBehind: 0,
      })
      expect(kinds(candidates)).toEqual(['a added', 'b changed', 'd removed'])
      expect(candidates.map(({ values, previous }) => [values, previous])).toEqual([
        [{ name: 'Ann', out: 'false' }, null],
        [
          { name: 'Bert', out: 'false' },
          { name: 'Bob', out: 'false' },
        ],
        [null, { name: 'Di', out: 'false' }],
      ])
      expect(candidates[1]).toMatchObject({
        previousState: 'accepted',
        previousHash: 'h',
        sameMapping: true,
        hasIntent: false,
        attempts: 0,
      })
    })

    test('compares nulls as values: null to null is equal, null to empty is not', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', null), accepted('b', null), accepted('c', '')])
      const { candidates } = await delivery.diff({
        model: model(`('a', NULL, false)`, `('b', '', false)`, `('c', NULL, false)`),
      })
      expect(kinds(candidates)).toEqual(['b changed', 'c changed'])
    })

    test('names null keys invalid, whatever part of the key is null', async () => {
      const { counts, candidates } = await (
        await reverse()
      ).diff({ model: model(`(NULL, 'Ann', false)`, `('b', 'Bob', false)`) })
      expect(counts).toMatchObject({ model_rows: 2, invalid: 1, added: 1, invalidSamples: ['null'] })
      expect(kinds(candidates)).toEqual(['b added'])
      const composite = await (
        await reverse()
      ).diff({ key: ['id', 'name'], model: model(`('a', NULL, false)`, `('b', 'Bob', false)`) })
      expect(composite.counts).toMatchObject({ invalid: 1, added: 1 })
      expect(composite.candidates.map(({ key }) => key)).toEqual(['["b","Bob"]'])
    })

    test('names every row of a key that stands twice invalid, among new rows and among stored ones', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('s', 'Sue'), accepted('t', 'Tim'), accepted('gone', 'G')])
      const { counts, candidates } = await delivery.diff({
        model: model(
          `('n', 'one', false)`,
          `('n', 'two', false)`,
          `('s', 'Sue', false)`,
          `('s', 'Susan', false)`,
          `('t', 'Tom', false)`,
        ),
      })
      expect(counts).toEqual({
        model_rows: 5,
        added: 0,
        changed: 1,
        unchanged: 0,
        retry: 0,
        invalid: 4,
        removed: 1,
        accepted: 3,
        invalidSamples: ['n', 's'],
        sharedRecords: 0,
        leftBehind: 0,
      })
      expect(kinds(candidates)).toEqual(['gone removed', 't changed'])
    })

    test('names rows of a key that stands twice invalid when the destination has not answered it yet, too', async () => {
      const delivery = await reverse()
      await delivery.intend([{ key: 'n', op: 'upsert' }])
      const { counts } = await delivery.diff({ model: model(`('n', 'one', false)`, `('n', 'two', false)`) })
      expect(counts).toMatchObject({ invalid: 2, retry: 0, removed: 0 })
    })

    test('joins on the normalised key, and names keys invalid that fall together', async () => {
      const delivery = await reverse({ normalise: 'lower' })
      await delivery.acknowledge([accepted('ann@x.y', 'Ann')])
      const { counts } = await delivery.diff({
        model: model(
          `(' Ann@X.y ', 'Ann', false)`,
          `('Bob@x.y', 'Bob', false)`,
          `('BOB@x.y', 'Bob', false)`,
          `('  ', 'nobody', false)`,
        ),
      })
      expect(counts).toMatchObject({ unchanged: 1, invalid: 3, added: 0 })
    })

    test('always lists a key with an open intent, even where the model has gone back or lost the row', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('back', 'as before'), accepted('lost', 'Lou')])
      await delivery.intend(['back', 'lost', 'never'].map((key) => ({ key, op: 'upsert' })))
      const { counts, candidates } = await delivery.diff({ model: model(`('back', 'as before', false)`) })
      expect(counts).toMatchObject({ model_rows: 1, retry: 1, removed: 2, unchanged: 0 })
      expect(candidates).toMatchObject([
        { key: 'back', kind: 'retry', hasIntent: true },
        { key: 'lost', kind: 'removed', hasIntent: true, previousState: 'accepted' },
        { key: 'never', kind: 'removed', hasIntent: true, previous: null, previousState: null },
      ])
    })

    test('always lists a key that was refused, with how often', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([refused('a', { attempts: 3 })])
      const { candidates } = await delivery.diff({ model: model(`('a', 'Ann', false)`) })
      expect(candidates).toMatchObject([{ key: 'a', kind: 'retry', attempts: 3, hasIntent: false }])
    })

    test('lists only what is to be tried again, where that is asked', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([refused('a'), accepted('gone', 'G')])
      const { candidates } = await delivery.diff({
        model: model(`('a', 'Ann', false)`, `('b', 'Bob', false)`),
        retriesOnly: true,
      })
      expect(kinds(candidates)).toEqual(['a retry'])
    })

    test('says of a row that left whether another one means its record', async () => {
      const delivery = await reverse({ record: [{ column: 'name', normalise: 'lower' }] })
      await delivery.acknowledge([accepted('a', 'Ann'), accepted('b', 'Bob'), accepted('c', null)])
      const { candidates } = await delivery.diff({ model: model(`('z', ' ANN ', false)`, `('y', NULL, false)`) })
      expect(candidates.map(({ key, kind, recordStays }) => [key, kind, recordStays])).toEqual([
        ['a', 'removed', true],
        ['b', 'removed', false],
        ['c', 'removed', false],
        ['y', 'added', false],
        ['z', 'added', false],
      ])
    })

    test('says of a record that several columns name whether another row means all of it', async () => {
      const record = (['name', 'team'] as const).map((column) => ({ column, normalise: 'exact' as const }))
      const delivery = await reverse({ columns: named, record })
      const model = people(
        `('z', 'Ann', 'red')`,
        `('y', 'Bob', 'blue')`,
        `('d', 'Di', 'blue')`,
        `('e', 'Di', 'red')`,
        `('f', 'Flo', 'blue')`,
      )
      await delivery.acknowledge([
        answer('a', { values: ['Ann', 'red'] }),
        answer('b', { values: ['Bob', 'red'] }),
        answer('d', { values: ['Di', 'red'] }),
        answer('e', { values: ['Ed', 'red'] }),
        answer('f', { values: ['Flo', 'red'] }),
      ])
      const { counts, candidates } = await delivery.diff({ model })
      expect(candidates.map(({ key, kind, recordStays }) => [key, kind, recordStays])).toEqual([
        ['a', 'removed', true],
        ['b', 'removed', false],
        ['d', 'changed', true],
        ['e', 'changed', false],
        ['f', 'changed', false],
        ['y', 'added', false],
        ['z', 'added', false],
      ])
      // Only what `e` meant is out of reach: by whom `f` is found, its old record can be told.
      expect(counts).toMatchObject({ sharedRecords: 0, leftBehind: 1 })
    })

    test('says that a record stays whose key has another text only because its type has changed', async () => {
      const typed = (type: 'integer' | 'decimal(9,1)') => [{ name: 'id', type } as const]
      const numbers = (type: string) => `SELECT CAST(n AS ${type}) AS id FROM (VALUES (1), (10)) v(n)`
      const record = [{ column: 'id', normalise: 'exact' as const }]
      const delivery = await reverse({ model: numbers('BIGINT'), columns: typed('integer'), record })
      await delivery.acknowledge(['1', '10', '2'].map((id) => answer(id, { values: [id] })))
      const { candidates } = await delivery.diff({ model: numbers('DECIMAL(9,1)'), columns: typed('decimal(9,1)') })
      expect(candidates.map(({ key, kind, recordStays }) => [key, kind, recordStays])).toEqual([
        ['1', 'removed', true],
        ['1.0', 'added', false],
        ['10', 'removed', true],
        ['10.0', 'added', false],
        ['2', 'removed', false],
      ])
    })

    test('says where an opt-out turned off that another row of the same record still has', async () => {
      const delivery = await reverse({
        optOuts: ['out'],
        optIns: ['out'],
        record: [{ column: 'name', normalise: 'lower' }],
      })
      await delivery.acknowledge([
        accepted('a', 'Ann', 'true'),
        accepted('b', 'Bob', 'true'),
        accepted('c', 'Ann', 'true'),
        accepted('d', 'Di', 'true'),
        accepted('e', 'Di', 'true'),
      ])
      const { candidates } = await delivery.diff({
        model: model(
          `('a', 'Ann', false)`,
          `('b', 'Bob', false)`,
          `('c', 'ANN', true)`,
          `('d', 'Di', false)`,
          `('e', 'Di', false)`,
        ),
      })
      expect(candidates.map(({ key, optedOutElsewhere }) => [key, optedOutElsewhere])).toEqual([
        ['a', ['out']],
        ['b', undefined],
        ['c', undefined],
        ['d', undefined],
        ['e', undefined],
      ])
    })

    const sayingOut = async (
      names: { readonly [key: string]: readonly [string | null, string | null] },
      otherNames: readonly (readonly ('name' | 'team')[])[],
    ) => {
      const delivery = await reverse({
        optOuts: ['out'],
        // It fills two fields.
        optIns: ['out', 'out'],
        record: [{ column: 'id', normalise: 'exact' }],
        columns: [{ name: 'id', type: 'string' }, ...named, { name: 'out', type: 'boolean' }],
        otherNames: otherNames.map((columns) => columns.map((column) => ({ column, normalise: 'lower' }))),
      })
      await delivery.acknowledge(
        Object.entries(names).map(([key, [name, team]]) => answer(key, { values: [key, name, team, 'true'] })),
      )
      return async (...outs: readonly string[]) => {
        const text = (value: string | null) => (value === null ? 'NULL' : `'${value}'`)
        const rows = Object.entries(names).map(
          ([key, [name, team]]) => `('${key}', ${text(name)}, ${text(team)}, ${outs.includes(key)})`,
        )
        const { candidates } = await delivery.diff({
          model: `SELECT * FROM (VALUES ${rows.join(', ')}) v(id, name, team, out)`,
        })
        return candidates.flatMap(({ key, optedOutElsewhere }) => (optedOutElsewhere ? [key] : []))
      }
    }

    test('says so of rows that agree in another name, one name by one, and of none that has no such name', async () => {
      const outElsewhere = await sayingOut(
        { a: ['Ann', 'red'], b: [' ANN ', null], c: ['red', 'RED'], d: [null, 'blue'], e: [null, null], f: ['', ' '] },
        [['name'], ['team']],
      )
      expect(await outElsewhere('b', 'f')).toEqual(['a'])
      expect(await outElsewhere('c')).toEqual(['a'])
      expect(await outElsewhere('a')).toEqual(['b', 'c'])
      expect(await outElsewhere('d', 'e')).toEqual([])
    })

    test('says so of rows that agree in a name of several columns, of which not all are empty', async () => {
      const outElsewhere = await sayingOut(
        { a: ['Ann', null], b: ['ann', ' '], c: [null, null], d: ['', ' '], e: ['Ann', 'red'] },
        [['name', 'team']],
      )
      expect(await outElsewhere('a', 'c')).toEqual(['b'])
      expect(await outElsewhere('b', 'd')).toEqual(['a'])
      expect(await outElsewhere('e')).toEqual([])
    })

    test('counts the records that several rows mean, of those that rows to be sent mean', async () => {
      const delivery = await reverse({ record: [{ column: 'name', normalise: 'lower' }] })
      await delivery.acknowledge([accepted('a', 'Ann'), accepted('b', 'Bob'), accepted('c', 'Bob')])
      const count = async (...more: readonly string[]) => {
        const standing = [`('a', 'Ann', false)`, `('b', 'Bob', false)`, `('c', 'Bob', false)`]
        const { counts } = await delivery.diff({ model: model(...standing, ...more) })
        return counts.sharedRecords
      }
      expect(await count()).toBe(0)
      expect(await count(`('d', 'Di', false)`, `('e', NULL, false)`, `('f', NULL, false)`)).toBe(0)
      expect(await count(`('d', ' ANN ', false)`)).toBe(1)
      expect(await count(`('d', ' ANN ', false)`, `('e', 'bob', false)`, `('f', 'bob', false)`)).toBe(2)
    })

    test('takes what left while that was ignored for gone, or for removed where it is asked to', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', 'Ann'), accepted('b', 'Bob'), accepted('c', 'Cy')])
      await delivery.acknowledge([
        answer('a', { op: 'ignore', status: 'ignored', state: 'ignored' }),
        answer('b', { op: 'delete', state: 'removed' }),
      ])
      const standing = { model: model(`('c', 'Cy', false)`) }
      expect((await delivery.diff(standing)).counts).toMatchObject({ unchanged: 1, removed: 0, accepted: 1 })
      const { counts, candidates } = await delivery.diff({ ...standing, removesIgnored: true })
      expect(counts).toMatchObject({ unchanged: 1, removed: 1, accepted: 1 })
      expect(candidates).toMatchObject([{ key: 'a', previousState: 'ignored', previous: { name: 'Ann' } }])
      expect((await delivery.diff({ model: model(`('a', 'Ann', false)`), removesIgnored: true })).counts).toMatchObject(
        {
          added: 1,
          removed: 1,
        },
      )
    })

    test('adds a row again that was removed, and shows what was last sent', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', 'Ann')])
      await delivery.acknowledge([answer('a', { op: 'delete', state: 'removed' })])
      expect((await delivery.diff()).counts).toMatchObject({ removed: 0, accepted: 0 })
      const { candidates } = await delivery.diff({ model: model(`('a', 'Ann', false)`) })
      expect(candidates).toMatchObject([{ kind: 'added', previousState: 'removed', previous: { name: 'Ann' } }])
    })

    test('takes an opt-out for new where the row means another record, as the vendor compares them', async () => {
      const delivery = await reverse({ optOuts: ['out'], record: [{ column: 'name', normalise: 'lower' }] })
      await delivery.acknowledge([accepted('a', 'Ann', 'true'), accepted('b', 'Bob', 'true'), accepted('c', 'Cy')])
      const { candidates } = await delivery.diff({
        model: model(`('a', ' ANN ', true)`, `('b', 'Bert', true)`, `('c', 'Cid', false)`),
      })
      expect(candidates.map(({ key, turnedOptOut }) => [key, turnedOptOut])).toEqual([
        ['b', true],
        ['a', false],
        ['c', false],
      ])
    })

    test('lists rows that turned to opted out first, the others in the order of their keys', async () => {
      const delivery = await reverse({ optOuts: ['out'] })
      await delivery.acknowledge([
        accepted('b', 'Bob', 'true'),
        accepted('y', 'Yo', 'false'),
        accepted('n', 'No', null),
      ])
      const { candidates } = await delivery.diff({
        model: model(
          `('a', 'Ann', false)`,
          `('b', 'Bert', true)`,
          `('y', 'Yo', true)`,
          `('n', 'No', true)`,
          `('z', 'Zoe', true)`,
        ),
      })
      expect(candidates.map(({ key, turnedOptOut }) => `${key} ${turnedOptOut}`)).toEqual([
        'n true',
        'y true',
        'z true',
        'a false',
        'b false',
      ])
    })

    test('lists a row that another mapping sent, and says so', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', 'Ann')])
      const { candidates } = await delivery.diff({ model: model(`('a', 'Ann', false)`), mappingVersion: 'm2' })
      expect(candidates).toMatchObject([{ kind: 'changed', sameMapping: false }])
    })

    test('takes an opt-out for new that the row’s mapping is not known to have sent, and a mapping for the same that is', async () => {
      const delivery = await reverse({ optOuts: ['out'] })
      const out = (key: string) => accepted(key, key, 'true')
      await delivery.acknowledge([out('a')], { mappingVersion: 'older' })
      await delivery.acknowledge([out('b')], { mappingVersion: 'other' })
      await delivery.acknowledge([out('c'), accepted('d', 'd')], { mappingVersion: 'm' })
      await delivery.acknowledge([out('e')])
      const { candidates } = await delivery.diff({
        model: model(...['a', 'b', 'c', 'd', 'e'].map((key) => `('${key}', '${key}', ${key !== 'd'})`)),
        readVersion: (version) => ({ isSame: version === 'm', newOptOuts: version === 'older' ? ['out'] : [] }),
      })
      expect(candidates.map(({ key, sameMapping, turnedOptOut }) => [key, sameMapping, turnedOptOut])).toEqual([
        ['a', false, true],
        ['b', false, false],
      ])
    })

    test('compares with a column that had another type when it was sent', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', 'abc'), accepted('b', '7')])
      const numbers = [
        { name: 'name', type: 'integer' },
        { name: 'out', type: 'boolean' },
      ] as const
      const { candidates } = await delivery.diff({
        columns: numbers,
        model: `SELECT * FROM (VALUES ('a', 7, false), ('b', 7, false)) v(id, name, out)`,
      })
      expect(candidates.map(({ key, values, previous }) => [key, values?.['name'], previous?.['name']])).toEqual([
        ['a', '7', 'abc'],
      ])
    })

    test('tells what was sent as it was, where the column held JSON before: a text without its quotes', async () => {
      const typed = (type: 'json' | 'string' | 'boolean') =>
        [
          { name: 'name', type: type === 'json' ? type : 'string' },
          { name: 'out', type: type === 'json' ? type : 'boolean' },
        ] as const
      const delivery = await reverse({
        columns: typed('json'),
        optOuts: ['out'],
        record: [{ column: 'name', normalise: 'lower' }],
      })
      await delivery.acknowledge([
        accepted('a', '" Ann"', 'true'),
        accepted('b', '"Bob"'),
        accepted('c', '"Cy"'),
        accepted('d', '{"x": 1}'),
      ])
      const { candidates } = await delivery.diff({
        columns: typed('string'),
        model: model(`('a', 'ann', true)`, `('d', 'Di', false)`, `('e', 'bob', false)`),
      })
      expect(
        candidates.map(({ key, previous, turnedOptOut, recordStays }) => [
          key,
          previous?.['name']?.replaceAll(' ', ''),
          turnedOptOut,
          recordStays,
        ]),
      ).toEqual([
        ['a', 'Ann', false, false],
        ['b', 'Bob', false, true],
        ['c', 'Cy', false, false],
        ['d', '{"x":1}', false, false],
        ['e', undefined, false, false],
      ])
    })

    test('takes a model whose columns bear any name', async () => {
      const strange = ['_key', '_present', 'key', 's', 'm', 'state', '_class', 'm0', 'se"lect'].map((name) => ({
        name,
        type: 'string' as const,
      }))
      const query = `SELECT 'a' AS id, ${strange.map(({ name }) => `'${name}' AS ${bench().warehouse.quote(name)}`).join(', ')}`
      const delivery = await reverse({ model: query, columns: strange })
      const { candidates } = await delivery.diff()
      expect(candidates[0]).toMatchObject({
        key: 'a',
        values: Object.fromEntries(strange.map(({ name }) => [name, name])),
      })
      await delivery.acknowledge([answer('a', { values: strange.map(({ name }) => name) })])
      expect((await delivery.diff()).counts).toMatchObject({ unchanged: 1 })
    })

    test('of an empty model removes what was accepted', async () => {
      const delivery = await reverse()
      await delivery.acknowledge([accepted('a', 'Ann')])
      expect((await delivery.diff()).counts).toMatchObject({ model_rows: 0, removed: 1 })
    })
  })
}
