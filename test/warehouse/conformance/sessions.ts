import { describe, expect, test } from 'vitest'
import { collect, errorOf, people, tableOf, useWorkbench, type OpenWarehouse } from '../workbench.ts'

export function sessionConformance(open: OpenWarehouse): void {
  describe('sessions', () => {
    const bench = useWorkbench(open)

    test('refuse to open inside one another', async () => {
      const error = await errorOf(bench().session(() => bench().session(async () => 1)))
      expect(error.code).toBe('MR-7000')
    })

    test('that are asked for at once all work; where one process has the file, in turn', async () => {
      const inside: number[] = []
      let now = 0
      await Promise.all(
        Array.from({ length: 5 }, () =>
          bench().session(async (session) => {
            inside.push(++now)
            await collect(session.query('SELECT 1 AS one'))
            now--
          }),
        ),
      )
      expect(inside).toHaveLength(5)
      if (bench().warehouse.type === 'duckdb') expect(inside).toEqual([1, 1, 1, 1, 1])
    })

    test('that fail let the next one in', async () => {
      await expect(bench().session(() => Promise.reject(new TypeError('mine')))).rejects.toThrow('mine')
      expect(await bench().rows('SELECT 1 AS one')).toEqual([{ one: '1' }])
    })

    test('do not begin once their signal says stop', async () => {
      const signal = AbortSignal.abort()
      const began = bench().warehouse.session({ runId: 'r', purpose: 'test', signal }, async () => 'worked')
      await expect(began).rejects.toMatchObject({ code: 'MR-7001' })
    })

    test('roll back what they have under way when their signal says stop, and begin nothing after it', async () => {
      await bench().load({ rows: [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }] })
      const stop = new AbortController()
      const work = bench().warehouse.session({ runId: 'r', purpose: 'test', signal: stop.signal }, async (session) => {
        await collect(session.query('BEGIN TRANSACTION'))
        await collect(session.query('DELETE FROM crm.people'))
        stop.abort()
        await collect(session.query('COMMIT'))
      })
      await expect(work).rejects.toMatchObject({ code: 'MR-7001' })
      expect(await bench().rows('SELECT name FROM crm.people')).toEqual([{ name: 'Ann' }])
    })

    test('interrupt a statement when their signal says stop', async () => {
      const stop = new AbortController()
      setTimeout(() => stop.abort(), 100)
      const endless = {
        duckdb: 'SELECT count(*) AS n FROM range(10000000000) a(x) WHERE x % 7 = 3',
        snowflake: 'SELECT count(*) AS n FROM TABLE(GENERATOR(ROWCOUNT => 10000000000)) WHERE SEQ8() % 7 = 3',
      }[bench().warehouse.type]
      const work = bench().warehouse.session({ runId: 'r', purpose: 'test', signal: stop.signal }, (session) =>
        collect(session.query(endless)),
      )
      await expect(work).rejects.toMatchObject({ code: 'MR-7001' })
    })

    test('say what failed in which statement', async () => {
      const error = await errorOf(bench().rows('SELECT * FROM nowhere.to_be_found'))
      expect(error.code).toBe('MR-2003')
      expect(error.message).toContain('to_be_found')
    })

    test('that rehearse leave nothing behind, and see what they do themselves', async () => {
      await bench().load({ rows: [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }] })
      await bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, async (session) => {
        await session.ensureTable(tableOf('people', { ...people, age: 'integer' }), 'evolve')
        const { quote } = bench().warehouse
        const ages = `${quote('models')}.${quote('ages')}`
        await session.ensureView('models', 'ages', `SELECT id, age FROM ${quote('crm')}.${quote('people')}`)
        await session.reverse.ensureSnapshot('out', [{ name: 'age', type: 'integer' }])
        expect(await collect(session.query(`SELECT * FROM ${ages}`))).toEqual([{ id: '1', age: null }])
      })
      await bench().session(async (session) => {
        expect((await session.introspect('crm', 'people'))?.columns.map(({ name }) => name)).not.toContain('age')
        expect(await session.introspect('models', 'ages')).toBeNull()
        expect(await session.reverse.hasSnapshot('out')).toBe(false)
      })
    })

    test('that rehearse take the text of a view as it stands', async () => {
      await bench().load({ rows: [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }] })
      const { quote } = bench().warehouse
      const price = `${quote('models')}.${quote('price')}`
      await bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, async (session) => {
        await session.ensureView(
          'models',
          'price',
          `SELECT '$& $$ $1 $\`' AS price FROM ${quote('crm')}.${quote('people')}`,
        )
        expect(await collect(session.query(`SELECT price FROM ${price}`))).toEqual([{ price: '$& $$ $1 $`' }])
      })
    })

    test('that rehearse read a view by its own name, and by any that it is given', async () => {
      await bench().load({ rows: [{ id: 1, name: 'Ann', _version: 1, _read_at: 1 }] })
      const { quote } = bench().warehouse
      const nameOf = (schema: string, name: string) => `${quote(schema)}.${quote(name)}`
      const ages = nameOf('models', 'ages')
      await bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, async (session) => {
        await session.ensureView('models', 'ages', `SELECT id, name FROM ${nameOf('crm', 'people')} -- all of them`)
        for (const sql of [
          `SELECT ages.name FROM ${ages}`,
          `SELECT ages.name FROM ${ages} WHERE ages.id = 1`,
          `SELECT ages.name FROM ${ages}\nleft join ${ages} /* once more */ other ON other.id = ages.id`,
          `SELECT a.name FROM ${ages} AS a, ${ages} -- once more\n as b WHERE a.id = b.id`,
          `SELECT name FROM (SELECT * FROM ${ages}) x`,
          `SELECT "x y".name FROM ${ages} "x y"`,
        ])
          expect(await collect(session.query(sql)), sql).toEqual([{ name: 'Ann' }])
      })
    })

    test('that rehearse on a warehouse that is not there say that nothing is loaded', async () => {
      const work = bench().warehouse.session({ runId: 'plan', purpose: 'plan', rehearsal: true }, async () => 1)
      expect((await errorOf(work)).code).toBe('MR-2102')
    })
  })
}
