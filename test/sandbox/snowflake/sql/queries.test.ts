import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openSqlSession, type SqlSession } from './sql-session.ts'

let session: SqlSession
beforeAll(async () => {
  session = await openSqlSession()
  await session.run('create table t (id number(19,0), name varchar, amount number(10,2), "low" int, "LOW" int)')
  await session.run(`insert into t values (1, 'a', 1.5, 1, 2), (2, null, -2.25, 3, 4), (3, 'c', null, 5, 6)`)
  await session.run('create table u (id number(19,0), label varchar)')
  await session.run(`insert into u values (1, 'one'), (1, 'uno'), (9, 'nine')`)
})
afterAll(() => session.close())

describe('a query', () => {
  test.each([
    ['NULLs are last when they go up', 'select name from t order by name', ['a', 'c', null]],
    ['NULLs are first when they go down', 'select name from t order by name desc', [null, 'c', 'a']],
    ['NULLS LAST is kept', 'select name from t order by name desc nulls last', ['c', 'a', null]],
    ['names of another case are others', 'select "low" + low from t order by 1', ['3', '7', '11']],
    [
      'an alias can be used beside it, in WHERE and in GROUP BY',
      'select id as i, i + 1 as j from t where j > 2 group by i, j order by 1',
      ['2', '3'],
    ],
    ['a column goes before an alias', `select id, name as id2, 'x' as name from t where name = 'a'`, ['1']],
    ['GROUP BY ALL', 'select id, count(*) from u group by all order by all', ['1', '9']],
    ['GROUP BY a position', 'select id, count(*) from u group by 1 having count(*) > 1', ['1']],
    ['ROLLUP', 'select id, count(*) from u group by rollup (id) order by id', ['1', '9', null]],
    [
      'QUALIFY',
      'select label from u qualify row_number() over (partition by id order by label desc) = 1 order by 1',
      ['nine', 'uno'],
    ],
    ['TOP', 'select top 1 id from t order by id desc', ['3']],
    ['LIMIT and OFFSET', 'select id from t order by id limit 1 offset 1', ['2']],
    ['FETCH', 'select id from t order by id fetch first 2 rows only', ['1', '2']],
    ['UNION takes away what is double', 'select 1 union select 1', ['1']],
    ['MINUS', 'select id from t minus select id from u order by 1', ['2', '3']],
    ['INTERSECT', 'select id from t intersect select id from u', ['1']],
    ['VALUES', `select column2 from values (1, 'x'), (2, 'y') order by column1 desc`, ['y', 'x']],
    ['VALUES with names', `select s from (values (1, 'x')) as v(n, s)`, ['x']],
    ['WITH', 'with a as (select 1 as x), b(y) as (select x + 1 from a) select y from b, a', ['2']],
    [
      'WITH RECURSIVE',
      'with recursive r as (select 1 as n union all select n + 1 from r where n < 3) select n from r order by 1',
      ['1', '2', '3'],
    ],
    ['a correlated subquery', 'select id from t where exists (select 1 from u where u.id = t.id)', ['1']],
    ['IN a subquery', 'select id from t where id not in (select id from u) order by 1', ['2', '3']],
    [
      'a scalar subquery',
      'select (select max(label) from u where u.id = t.id) from t order by id',
      ['uno', null, null],
    ],
    ['LATERAL', 'select x.n from t, lateral (select t.id * 10 as n) x order by 1', ['10', '20', '30']],
    ['GENERATOR', 'select seq4() from table(generator(rowcount => 3)) order by 1', ['0', '1', '2']],
    ['EXCLUDE', `select * exclude (id, name, amount, "low") from t order by 1`, ['2', '4', '6']],
    ['RENAME and ILIKE', `select * ilike 'i%' rename (id as x) from t order by x`, ['1', '2', '3']],
    ['COUNT(DISTINCT a, b)', 'select count(distinct id, label) from u', ['3']],
    ['COUNT_IF', 'select count_if(amount > 0) from t', ['1']],
    ['LISTAGG', `select listagg(label, '|') within group (order by label desc) from u`, ['uno|one|nine']],
    ['LISTAGG of nothing', `select listagg(label, '|') from u where false`, ['']],
    ['ARRAY_AGG leaves out NULL', 'select array_agg(name) within group (order by name) from t', ['["a","c"]']],
    ['MAX_BY', 'select max_by(name, id) from t where id < 3', [null]],
    ['AVG keeps six more digits', 'select avg(amount) from t', ['-0.37500000']],
    [
      'LAST_VALUE sees the whole partition',
      'select last_value(id) over (order by id) from t order by id',
      ['3', '3', '3'],
    ],
    ['LAG IGNORE NULLS', 'select lag(name) ignore nulls over (order by id) from t order by id', [null, 'a', 'a']],
    [
      'SUM OVER a frame',
      'select sum(id) over (order by id rows between 1 preceding and current row) from t order by id',
      ['1', '3', '5'],
    ],
  ])('%s', async (_, sql, expected) => {
    const rows = await session.rows(sql)
    expect(rows.map(([first]) => first)).toEqual(expected)
  })

  test.each([
    ['JOIN', 'join u on t.id = u.id', 2],
    ['LEFT JOIN', 'left join u on t.id = u.id', 4],
    ['RIGHT JOIN', 'right outer join u on t.id = u.id', 3],
    ['FULL JOIN', 'full outer join u on t.id = u.id', 5],
    ['CROSS JOIN', 'cross join u', 9],
    ['USING', 'join u using (id)', 2],
    ['NATURAL', 'natural left join u', 4],
    ['nested', 'left join (u join u v on u.id = v.id) on t.id = u.id', 6],
  ])('%s joins', async (_, join, count) => {
    expect(await session.value(`select count(*) from t ${join}`)).toBe(String(count))
  })

  test('with USING has the shared column once, from whichever side has it', async () => {
    expect(await session.rows('select id from t full join u using (id) order by 1')).toEqual([
      ['1'],
      ['1'],
      ['2'],
      ['3'],
      ['9'],
    ])
    const columns = await session.columns('select * from u join t using (id)')
    expect(columns.map(({ name }) => name)).toEqual(['ID', 'LABEL', 'NAME', 'AMOUNT', 'low', 'LOW'])
  })

  test('calls its columns as Snowflake does', async () => {
    const columns = await session.columns(
      `select id, t.name, count(*), 'abc', id + 1, "low", amount::varchar as "As is" from t group by all`,
    )
    expect(columns.map(({ name }) => name)).toEqual(['ID', 'NAME', 'COUNT(*)', `'ABC'`, 'ID + 1', 'low', 'As is'])
  })

  test('knows the types of what it gives', async () => {
    const columns = await session.columns(
      `select t.*, 'ab' || name, current_date, sysdate(), null, array_agg(1) from t group by all`,
    )
    expect(columns.map(({ type }) => type)).toEqual([
      'NUMBER(19,0)',
      'VARCHAR(16777216)',
      'NUMBER(10,2)',
      'NUMBER(38,0)',
      'NUMBER(38,0)',
      'VARCHAR(16777216)',
      'DATE',
      'TIMESTAMP_NTZ(9)',
      'VARCHAR(16777216)',
      'ARRAY',
    ])
  })

  test('may give two columns of one name, which nothing can be read from by name', async () => {
    expect(await session.rows('select * from (select 1 as a, 2 as a)')).toEqual([['1', '2']])
    expect(await session.error('select a from (select 1 as a, 2 as a)')).toBe(
      `002028 42601 SQL compilation error: error line 1 at position 7 ambiguous column name 'A'`,
    )
  })

  test('of a thousand conditions is read', async () => {
    const conditions = Array.from({ length: 3000 }, (_, index) => `id = ${index}`)
    expect(await session.value(`select count(*) from t where ${conditions.join(' or ')}`)).toBe('3')
  })

  test('of ten thousand rows of VALUES is read', async () => {
    const rows = Array.from({ length: 10_000 }, (_, index) => `(${index}, 'n ${index}', -1.5, null)`)
    expect(await session.rows(`select count(*), sum(column1), min(column3) from values ${rows.join(',\n')}`)).toEqual([
      ['10000', '49995000', '-1.5'],
    ])
  })
})
