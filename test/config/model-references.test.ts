import { describe, expect, it } from 'vitest'
import { loadProject } from '../../src/config/load.ts'
import { renderModel, warehouseNames } from '../../src/config/model-references.ts'
import { duckdbMacros } from '../../src/warehouse/duckdb/macros.ts'
import { tempProject } from './temp-project.ts'

const quote = (identifier: string) => `"${identifier.replaceAll('"', '""')}"`
const model = (sql: string) => ({ file: 'models/x.sql', sql, warehouse: null })
const names = (source: string, ref: string) => ({ ...duckdbMacros, source: () => source, ref: () => ref })

describe('renderModel', () => {
  it('puts quoted names in place of sources and refs, by the schema of the sync', async () => {
    const project = await loadProject(
      await tempProject({ 'syncs/crm.yaml': 'source: crm\nschema: raw_crm\nstreams: { Contact: }\n' }),
    )
    const sql = "select * from {{ source('crm', 'contact') }} join {{ref( \"people\" )}} on true"
    expect(renderModel(model(sql), { ...duckdbMacros, ...warehouseNames(project, quote) })).toBe(
      'select * from "raw_crm"."contact" join "models"."people" on true',
    )
  })

  it('leaves everything else as it is, `$` patterns and single braces too', () => {
    expect(renderModel(model("select '{a}', '$1' from {{ source('a', 'b') }}"), names("$& $1 $'", 'r'))).toBe(
      "select '{a}', '$1' from $& $1 $'",
    )
  })

  it('takes off what may not stand at the end of a view', () => {
    expect(renderModel(model('select 1 ;\n ; \n'), names('', ''))).toBe('select 1')
    expect(renderModel(model("select ';--' -- one\n; -- the end\n/* of it */;\n"), names('', ''))).toBe("select ';--'")
    expect(renderModel(model("select 1 from {{ source('a', 'b') }} -- the end"), names('a.b', ''))).toBe(
      'select 1 from a.b',
    )
  })

  it('passes over comments, those behind // too in a file for Snowflake; elsewhere that divides', () => {
    const sql = "// don't {{ read }} this; nor\nselect '//' from {{ ref('people') }} // it's the end"
    expect(renderModel({ ...model(sql), warehouse: 'snowflake' }, names('', 'people'))).toBe(
      "// don't {{ read }} this; nor\nselect '//' from people",
    )
    expect(renderModel(model("select 7 // n from {{ ref('people') }}"), names('', 'people'))).toBe(
      'select 7 // n from people',
    )
  })

  it('refuses what is neither', () => {
    expect(() => renderModel(model('{{ x }}'), names('', ''))).toThrow('neither a source, a ref nor a macro')
  })
})
