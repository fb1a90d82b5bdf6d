/** BEGIN, COMMIT, ROLLBACK, USE, ALTER SESSION, SET. */
import { emptyScope } from './scope.ts'
import { readName, readNamePath } from './read-name.ts'
import { readOptions } from './read-options.ts'
import { showType } from './data-type.ts'
import { opensTransaction } from './split-statements.ts'
import type { Statement } from './statement.ts'
import type { TokenReader } from './token-reader.ts'
import type { Translation } from './translation.ts'

export function readSessionStatement(reader: TokenReader, t: Translation): Statement | null {
  if (reader.isWord('BEGIN') && opensTransaction(reader.ahead(1))) return readBegin(reader)
  if (reader.takeWord('START', 'TRANSACTION')) return { kind: 'begin' }
  if (reader.takeWord('COMMIT')) return ended(reader, 'commit')
  if (reader.takeWord('ROLLBACK')) return ended(reader, 'rollback')
  if (reader.takeWord('USE')) return readUse(reader)
  if (reader.takeWord('ALTER', 'SESSION')) return readAlterSession(reader)
  if (reader.takeWord('SET')) return readSet(reader, t)
  if (reader.takeWord('UNSET'))
    return {
      kind: 'unset_variable',
      names: reader.isSymbol('(') ? reader.listInParentheses(() => readName(reader).value) : [readName(reader).value],
    }
  return null
}

function readBegin(reader: TokenReader): Statement {
  reader.expectWord('BEGIN')
  if (!reader.takeWord('TRANSACTION')) reader.takeWord('WORK')
  if (reader.takeWord('NAME')) readName(reader)
  return { kind: 'begin' }
}

function ended(reader: TokenReader, kind: 'commit' | 'rollback'): Statement {
  reader.takeWord('WORK')
  return { kind }
}

function readUse(reader: TokenReader): Statement {
  if (reader.takeWord('SECONDARY', 'ROLES'))
    return { kind: 'use', what: 'secondary_roles', name: reader.next().value, database: null }
  for (const what of ['role', 'warehouse', 'database'] as const)
    if (reader.takeWord(what.toUpperCase())) return { kind: 'use', what, name: readName(reader).value, database: null }
  const isSchema = reader.takeWord('SCHEMA')
  const path = readNamePath(reader)
  const [name, database] = path.toReversed().map(({ value }) => value)
  // USE X is a database, USE X.Y a schema.
  const what = isSchema || path.length > 1 ? 'schema' : 'database'
  return { kind: 'use', what, name: name ?? '', database: database ?? null }
}

function readAlterSession(reader: TokenReader): Statement {
  if (reader.takeWord('UNSET'))
    return { kind: 'alter_session', set: {}, unset: reader.list(() => readName(reader).value) }
  reader.expectWord('SET')
  const set = readOptions(reader)
  if (Object.keys(set).length === 0) throw reader.unexpected()
  return { kind: 'alter_session', set, unset: [] }
}

function readSet(reader: TokenReader, t: Translation): Statement {
  const names = reader.isSymbol('(') ? reader.listInParentheses(() => readName(reader).value) : [readName(reader).value]
  reader.expectSymbol('=')
  const several = names.length > 1
  const values = several ? reader.listInParentheses(() => reader.readExpression()) : [reader.readExpression()]
  if (values.length !== names.length) throw reader.unexpected()
  const items = names.map((name, index) => {
    const node = values[index]
    const value = node ? t.expression(node, emptyScope()) : null
    return {
      name,
      sql: `SELECT ${value?.sql ?? 'NULL'} AS "VALUE"`,
      type: value === null ? 'VARCHAR(16777216)' : showType(value.type),
    }
  })
  return { kind: 'set_variable', values: items, reads: t.reads }
}
