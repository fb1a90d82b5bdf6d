import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { macroNames } from '../../src/config/macro-forms.ts'
import { findReferences } from '../../src/config/model-references.ts'
import { findInSql } from '../../src/config/portability/find-warnings.ts'
import { collectFindings } from '../../src/config/yaml-file.ts'
import type { MillraceError } from '../../src/model/millrace-error.ts'

const text = readFileSync(fileURLToPath(new URL('../../docs/models.md', import.meta.url)), 'utf8')
const blocks = [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql)
const braces = [...text.replace(/```[\s\S]*?```/g, '').matchAll(/\{\{.*?\}\}/g)].map(([brace]) => brace)

function findingsOf(sql: string): readonly string[] {
  const findings: MillraceError[] = []
  findReferences({ file: 'docs/models.md', sql, warehouse: null }, collectFindings(findings))
  return findings.map(({ message }) => message)
}

describe('docs/models.md', () => {
  it.each(blocks)('has a model that is right, and the same on both warehouses: %s', (sql) => {
    expect(findingsOf(sql)).toEqual([])
    expect(findInSql({ file: 'docs/models.md', sql })).toEqual([])
  })

  it.each(braces)('has a macro that is right: %s', (brace) => {
    expect(findingsOf(brace.includes('flatten') ? `from ${brace}` : brace)).toEqual([])
  })

  it('has every macro', () => {
    const shown = braces.map((brace) => /\w+/.exec(brace)?.[0])
    expect(macroNames.filter((name) => !shown.includes(name))).toEqual([])
  })
})
