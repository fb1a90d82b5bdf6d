/** FLATTEN, GENERATOR, SPLIT_TO_TABLE, and what only the session can answer (RESULT_SCAN …). */
import { variantOf } from './cast.ts'
import { isSemi, numberType, showType, varcharType, variantType } from './data-type.ts'
import { columnsOf } from './session-columns.ts'
import { compilationError, invalidArgumentTypes, unknownTableFunction } from './snowflake-error.ts'
import { emptyScope, type RelationColumn, type Scope } from './scope.ts'
import { toText } from './to-text.ts'
import type { Expression } from './expression.ts'
import type { FromNode } from './query-node.ts'
import type { Translation } from './translation.ts'

type FunctionNode = Extract<FromNode, { kind: 'function' }>
type TableFunction = { readonly sql: string; readonly columns: readonly RelationColumn[]; readonly sequence?: string }

export function translateTableFunction(t: Translation, node: FunctionNode, scope: Scope): TableFunction {
  switch (node.name) {
    case 'FLATTEN':
      return flatten(t, node, scope)
    case 'GENERATOR':
      return generator(t, node)
    case 'SPLIT_TO_TABLE': {
      const [text, by] = node.args.map((arg) => toText(t, t.expression(arg, scope)))
      const parts = `SELECT 1 AS "SEQ", unnest(range(1, len(string_split(${text}, ${by})) + 1)) AS "INDEX", unnest(string_split(${text}, ${by})) AS "VALUE"`
      return {
        sql: `LATERAL (${parts})`,
        columns: [
          { name: 'SEQ', sql: '"SEQ"', type: numberType() },
          { name: 'INDEX', sql: '"INDEX"', type: numberType() },
          { name: 'VALUE', sql: '"VALUE"', type: varcharType() },
        ],
      }
    }
    default: {
      const name = [...node.path.map(({ value }) => value), node.name].join('.')
      const named = Object.fromEntries(node.named.map((item) => [item.name, constantOf(t, item.value)]))
      const own = t.context.tableFunction?.(
        node.name,
        node.args.map((arg) => constantOf(t, arg)),
        named,
      )
      if (!own) throw unknownTableFunction(name)
      return { sql: `(${own.sql})`, columns: columnsOf(own.columns) }
    }
  }
}

function constantOf(t: Translation, argument: Expression): string | null {
  const value = t.expression(argument, emptyScope())
  // '2026-11-20 10:00:00Z'::TIMESTAMP_LTZ
  return value.constant ?? (argument.kind === 'cast' ? constantOf(t, argument.value) : null)
}

/** https://docs.snowflake.com/en/sql-reference/functions/flatten */
function flatten(t: Translation, node: FunctionNode, scope: Scope): TableFunction {
  const input = node.named.find(({ name }) => name === 'INPUT')?.value ?? node.args[0]
  if (!input) throw compilationError('001015', '22023', 'missing argument [INPUT] for function FLATTEN')
  const outer = node.named.find(({ name }) => name === 'OUTER')?.value
  const unknown = node.named.find(({ name }) => !['INPUT', 'OUTER', 'MODE', 'PATH', 'RECURSIVE'].includes(name))
  if (unknown) throw compilationError('001015', '22023', `invalid argument [${unknown.name}] for function FLATTEN`)
  for (const name of ['RECURSIVE', 'PATH', 'MODE']) {
    const value = node.named.find((item) => item.name === name)?.value
    const isDefault =
      !value || (value.kind === 'boolean' && !value.value) || (value.kind === 'string' && /^(both)?$/i.test(value.text))
    if (!isDefault) throw compilationError('000002', '0A000', `Unsupported feature 'FLATTEN with ${name}'.`)
  }
  const value = t.expression(input, scope)
  if (!isSemi(value.type) && value.type.kind !== 'NULL')
    throw invalidArgumentTypes('FLATTEN', [showType(value.type)], t.place(node.start))
  const isOuter = outer?.kind === 'boolean' && outer.value
  const rows = `SELECT unnest(sf_flatten(${variantOf(t, value)}, ${isOuter ? 'TRUE' : 'FALSE'})) AS f`
  const sql = `LATERAL (SELECT 1 AS "SEQ", f."key" AS "KEY", f."path" AS "PATH", f."index" AS "INDEX", f."value" AS "VALUE", f."this" AS "THIS" FROM (${rows}))`
  const column = (name: string, type: RelationColumn['type']) => ({ name, sql: `"${name}"`, type })
  return {
    sql,
    columns: [
      column('SEQ', numberType()),
      column('KEY', varcharType()),
      column('PATH', varcharType()),
      column('INDEX', numberType()),
      column('VALUE', variantType),
      column('THIS', variantType),
    ],
  }
}

function generator(t: Translation, node: FunctionNode): TableFunction {
  const count = node.named.find(({ name }) => name === 'ROWCOUNT')?.value
  if (!count) throw compilationError('001015', '22023', 'missing argument [ROWCOUNT] for function GENERATOR')
  const rows = t.expression(count, emptyScope()).constant ?? ''
  if (!/^\d+$/.test(rows))
    throw compilationError(
      '001015',
      '22023',
      `argument 1 to function GENERATOR needs to be constant, found '${t.text(count)}'`,
    )
  return { sql: `(SELECT range AS sequence FROM range(${rows}))`, columns: [], sequence: 'sequence' }
}
