/** A column that becomes wider where Snowflake cannot do it in place: in steps, of which each may be the last of a process. */
import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { LogicalType } from '../../../src/model/logical-type.ts'
import { answer } from '../reverse.ts'
import { errorOf, tableOf, type Columns } from '../workbench.ts'
import { useAccount, type Runner } from './account.ts'
import { loadStaged } from './load-staged.ts'

const account = useAccount()

const widenings: readonly (readonly [LogicalType, LogicalType, readonly string[], readonly string[]])[] = [
  ['integer', 'string', ['9007199254740993', '-1'], ['9007199254740993', '-1']],
  ['integer', 'decimal(38,2)', ['9007199254740993', '0'], ['9007199254740993.00', '0.00']],
  ['string', 'json', ['say "hi"', '1'], ['"say \\"hi\\""', '"1"']],
]

const columnsOf = (v: LogicalType): Columns => ({ id: 'integer', 'V v': v })
const tableAs = (v: LogicalType) => tableOf(account().table, columnsOf(v))
const ensure = (bench: Runner, v: LogicalType) => bench.session(({ ensureTable }) => ensureTable(tableAs(v), 'evolve'))
const load = async (bench: Runner, v: LogicalType, cells: readonly string[]) => {
  const rows = cells.map((cell, id) => ({ id, 'V v': cell, _version: 1, _read_at: 1 }))
  await bench.commit({ fence: await bench.take(), columns: columnsOf(v), rows })
}
const values = async (bench: Runner) => {
  const rows = await bench.rows(`SELECT "V v" AS v FROM ${account().target} ORDER BY id`)
  return rows.map((row) => row['v'])
}
const typesOf = async (bench: Runner): Promise<Columns> => {
  const table = await bench.session(({ introspect }) => introspect('crm', account().table))
  const own = table?.columns.filter(({ name }) => !name.startsWith('_')) ?? []
  return Object.fromEntries(own.map(({ name, type }) => [name, type]))
}
const stepsOn = (target: string) => `^(ALTER TABLE|UPDATE) ${target} `

describe.each(['statement_fails', 'reset_after'])('a widening that is interrupted at any step (%s)', (fault) => {
  // That an answer is lost is the same for all of them.
  test.each(fault === 'reset_after' ? widenings.slice(0, 1) : widenings)(
    'from %s to %s loses no value, and is done by the next run',
    async (from, to, cells, kept) => {
      const { open, fault: set, target } = account()
      // On the wire the address comes before the statement.
      const match = fault === 'reset_after' ? stepsOn(target).replace('^', ' ') : stepsOn(target)
      for (const [step] of Array.from({ length: 5 }).entries()) {
        const bench = open()
        await bench.session(() => Promise.resolve())
        const fresh = open()
        await fresh.rows(`DROP TABLE IF EXISTS ${target}`)
        await load(fresh, from, cells)
        set(fault, { match, after: step })
        expect((await errorOf(ensure(bench, to))).code).toMatch(/MR-2003|MR-2207/)
        const next = open()
        // Whoever looks at the table finds one column of that name, in one of the two types, with all that it held.
        const seen = await typesOf(next)
        expect(Object.keys(seen)).toHaveLength(2)
        expect(await values(next)).toEqual(seen['V v'] === to ? kept : cells)
        await ensure(next, to)
        expect(await typesOf(next)).toEqual(columnsOf(to))
        expect(await values(next)).toEqual(kept)
      }
    },
    60_000,
  )
})

test.each([0, 1, 2, 3, 4, 5])(
  'a load that prepared itself before a widening, of which %s steps were taken when it came, fails or stays whole',
  async (steps) => {
    const { open, fault, snowflake, stage, target } = account()
    const [widener, loader] = [open(), open()]
    await load(loader, 'integer', ['1', '2'])
    const path = await stage(
      [
        { id: 1, 'V v': 22, _version: 5, _read_at: 5 },
        { id: 2, 'V v': 33, _version: 5, _read_at: 5 },
      ],
      columnsOf('integer'),
    )
    const fence = await loader.take('loader')
    fault('slow', { match: '^BEGIN', ms: 1000 })
    const loading = loader
      .session((session) => loadStaged(session, { fence, table: tableAs('integer'), path, rows: 2, watermark: null }))
      .then(
        () => 'whole',
        (error: unknown) => String(error),
      )
    await expect.poll(() => snowflake.running().some((sql) => sql.startsWith('BEGIN'))).toBe(true)
    fault('statement_fails', { match: stepsOn(target), after: steps })
    await ensure(widener, 'string').catch(() => undefined)
    snowflake.fault('statement_fails', null)
    const outcome = await loading
    await ensure(open(), 'string')
    const reader = open()
    expect(await typesOf(reader)).toEqual(columnsOf('string'))
    expect(await values(reader)).toEqual(outcome === 'whole' ? ['1', '22', '33'] : ['1', '2'])
    if (outcome !== 'whole') expect(outcome).toMatch(/invalid identifier/)
    // Once more, as the next run has it: all of it is there, once.
    const again = await loader.take('again')
    await loader.session((session) =>
      loadStaged(session, { fence: again, table: tableAs('integer'), path, rows: 2, watermark: null }),
    )
    expect(await values(reader)).toEqual(['1', '22', '33'])
  },
)

test('two that widen at once leave one wide column, with all of its values', async () => {
  const { open } = account()
  const benches = [open(), open(), open()]
  await load(open(), 'integer', ['1', '2'])
  await Promise.all(benches.map((bench) => ensure(bench, 'string').catch(() => undefined)))
  await ensure(open(), 'string')
  expect(await typesOf(open())).toEqual(columnsOf('string'))
  expect(await values(open())).toEqual(['1', '2'])
})

test('a column that was left half wide is not mended within a transaction, which that would commit', async () => {
  const { open, fault, scope, statements } = account()
  const bench = open()
  const { sync } = scope
  const fence = await bench.take()
  const snapshot = (type: LogicalType) =>
    bench.session(({ reverse }) => reverse.ensureSnapshot(sync, [{ name: 'plan', type }]))
  await snapshot('integer')
  fault('statement_fails', { match: '^UPDATE "_MILLRACE"."SNAPSHOT_' })
  await errorOf(snapshot('string'))
  const path = bench.path('answers.ndjson')
  writeFileSync(path, `${JSON.stringify(answer('1', { values: ['7'] }))}\n`)
  const columns = [{ name: 'plan', type: 'string' }] as const
  const acknowledge = () =>
    bench.session(({ reverse }) =>
      reverse.acknowledge({ fence, sequence: 1, columns, mappingVersion: 'm1', path, ledger: {} }),
    )
  const error = await errorOf(acknowledge())
  expect(error.message).toContain('half done')
  expect(error.next.join()).toContain('Run again')
  expect(statements().at(-1)).toBe('ROLLBACK')
  await snapshot('string')
  await acknowledge()
  expect(await bench.rows(`SELECT key, v_plan FROM _millrace.snapshot_${sync}`)).toEqual([{ key: '1', v_plan: '7' }])
})

test('more digits of a number are made in place, in one statement', async () => {
  const { open, statements, target } = account()
  const bench = open()
  await load(bench, 'integer', ['9223372036854775807'])
  await ensure(bench, 'decimal(38,0)')
  const steps = statements().filter((sql) => new RegExp(stepsOn(target)).test(sql))
  expect(steps).toEqual([`ALTER TABLE ${target} ALTER COLUMN "V v" SET DATA TYPE NUMBER(38,0)`])
  expect(await values(bench)).toEqual(['9223372036854775807'])
})
