import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { loadProject } from '../../../src/config/load.ts'
import {
  findInSql,
  findPortabilityWarnings,
  usesBothWarehouses,
} from '../../../src/config/portability/find-warnings.ts'
import { duckdbFunctions, functionRules, snowflakeFunctions } from '../../../src/config/portability/functions.ts'
import { syntaxRules } from '../../../src/config/portability/syntax.ts'
import { tempProject } from '../temp-project.ts'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const rules = [...functionRules, ...syntaxRules]
const warningsOf = (sql: string) => findInSql({ file: 'models/x.sql', sql })
const brief = (sql: string) =>
  warningsOf(sql).map(({ place }) => {
    const line = place.text.split('\n')[place.line - 1] ?? ''
    return `${place.line}:${place.column} ${line.slice(place.column - 1, place.column - 1 + place.length)}`
  })

describe('what is not the same on both warehouses', () => {
  it.each(rules.map((rule) => [rule.example, rule] as const))(
    '%s: once, with what to write instead',
    (example, rule) => {
      const found = warningsOf(example)
      expect(found.map(({ message, next }) => [message.split(': ').slice(1).join(': '), next])).toEqual([
        [rule.why, `Write ${rule.instead}.`],
      ])
    },
  )

  it('is found at its line and column', () => {
    expect(brief("select\n  a / b,\n  {{ json_text(list_extract(p, 1), 'x') }}\nfrom t\norder by a desc")).toEqual([
      '2:5 /',
      '3:16 list_extract(',
      '5:12 desc',
    ])
  })

  it('is not looked for in comments, texts and names in quotes', () => {
    expect(brief("-- a // b\nselect 'iff(a) / b' as \"A/B\" /* x ->> 'y' */ from t")).toEqual([])
  })

  it('is not what macros are called', () => {
    const sql =
      "select {{ dateadd('day', 1, a) }}, {{ try_cast(json_text(p, 'a/b:c'), 'date') }}, {{ datediff('day', a, current_date()) }}"
    expect(brief(sql)).toEqual([])
    expect(brief('select a from t cross join {{ flatten(b) }} as f where f.index > 0')).toEqual([])
  })

  it('is a backslash in a text, and a name in quotes and lower case', () => {
    expect(brief(`select 'a\\b' as x, "myName", "MY_NAME" from t`)).toEqual([`1:8 'a\\b'`, '1:20 "myName"'])
  })

  it.each([
    'select a, count(*) as n, cast(a as decimal(18, 2)) as b, a::date, a::double / nullif(b, 0) as c from t group by a',
    'select cast(a as double) / 2 as x, row_number() over (partition by b order by c desc nulls last) as place from t',
    "select coalesce(a, 'x') || 'y' as x, cast(date_trunc('month', b) as date) as month from t where a <> 'z' and b >= c",
    'with a as (select distinct x from t) select a.*, max_by(x, y) as z from a left join b on b.x = a.x where x is not distinct from y',
    "select case when a like 'x%' then 1 else -1 end as x, split_part(b, '-', 1) as y, position('a' in b) as p from t qualify row_number() over (order by a) = 1",
    'select * exclude (a) from t union all select b from u except select c from v',
  ])('is nothing of: %s', (sql) => {
    expect(brief(sql)).toEqual([])
  })
})

describe('the lists of functions', () => {
  const namesOf = (list: typeof duckdbFunctions) => list.flatMap(([names]) => names.split(' '))

  it('say of DuckDB what DuckDB says of itself', async () => {
    const db = await (await DuckDBInstance.create(':memory:')).connect()
    const known = new Set(
      (await db.runAndReadAll('select distinct function_name from duckdb_functions()'))
        .getRowsJson()
        .flat()
        .map(String),
    )
    db.closeSync()
    // What the parser knows under another name.
    const parsed = new Set([
      'countif',
      'list',
      'map',
      'row',
      'ucase',
      'lcase',
      'json_query',
      'json_extract_path',
      'json_extract_path_text',
      'list_unique',
    ])
    expect(namesOf(duckdbFunctions).filter((name) => !known.has(name) && !parsed.has(name))).toEqual([])
    expect(namesOf(snowflakeFunctions).filter((name) => known.has(name))).toEqual([])
  })

  it('name no function twice', () => {
    const names = [...namesOf(duckdbFunctions), ...namesOf(snowflakeFunctions)]
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})

describe('a project', () => {
  it('is looked at where it has targets of both types', async () => {
    const both =
      'project: acme\ntargets:\n  sandbox: { sandbox: true }\n  two: { sandbox: true, warehouse: { type: snowflake } }\nconnections:\n  crm: { connector: salesforce }\n  mail: { connector: customerio }\n'
    expect(usesBothWarehouses(await loadProject(await tempProject({ 'millrace.yaml': both })))).toBe(true)
    expect(usesBothWarehouses(await loadProject(await tempProject()))).toBe(false)
  })

  it('may say what it likes in the file of one warehouse, and beside it', async () => {
    const { models } = await loadProject(
      await tempProject({
        'models/a.sql': 'select x // y as z from t',
        'models/a.snowflake.sql': 'select div0(x, y) as z from t',
        'models/b.sql': 'select x // y as z from t',
        'models/c.snowflake.sql': 'select iff(x, y, z) as z from t',
      }),
    )
    expect(
      findPortabilityWarnings(models).map(({ message, place }) => `${place.file}:${place.line} ${message}`),
    ).toEqual([
      'models/b.sql:1 `//` does not run on Snowflake: the whole-number division is DuckDB’s own',
      'models/c.snowflake.sql:1 the model `c` is not there on DuckDB',
    ])
  })

  it('of the sample has nothing to warn of', async () => {
    expect(findPortabilityWarnings((await loadProject(repository)).models)).toEqual([])
  })
})
