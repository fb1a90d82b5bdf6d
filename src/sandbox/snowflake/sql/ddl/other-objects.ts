/** Schemas, databases, stages and file formats; and DROP of everything. */
import { checkSchema, completeName, completeSchema, storedSql, writtenName } from '../object-name.ts'
import { databaseName, ddl } from './statement-parts.ts'
import { objectExists, objectMissing, unsupported } from '../snowflake-error.ts'
import { readName, readNamePath } from '../read-name.ts'
import { readOptions } from '../read-options.ts'
import { schemaSql, shownPart } from '../names.ts'
import type { CreateWords } from './create-table.ts'
import type { Ddl } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readCreateOther(reader: TokenReader, t: Translation, words: CreateWords): Ddl {
  if (reader.takeWord('SCHEMA')) return createSchema(reader, t, words)
  if (reader.takeWord('DATABASE')) return createDatabase(reader, words)
  for (const [written, objectKind, title] of others)
    if (reader.takeWord(...written.split(' '))) {
      const ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS')
      const path = readNamePath(reader)
      const name = completeName(t.context, path)
      const options = readOptions(reader)
      const message = `${title} ${shownPart(name.name)} successfully created.`
      return ddl({
        verb: 'create',
        objectKind,
        name,
        ...words,
        ifNotExists,
        options,
        message,
        comment: options['COMMENT'] ?? null,
      })
    }
  refuseWarehouse(reader)
  if (isKnown(reader)) throw unsupported(`CREATE ${reader.token.value}`)
  throw reader.unexpected()
}

/** They are the account's: account-statement.ts reads what is said of them. */
function refuseWarehouse(reader: TokenReader): void {
  if (reader.isWord('WAREHOUSE')) throw unsupported('WAREHOUSE')
}

/** SEQUENCE and the like: Snowflake has them, the sandbox does not. */
const isKnown = (reader: TokenReader) =>
  reader.token.kind === 'word' &&
  /^(SEQUENCE|FUNCTION|PROCEDURE|TASK|STREAM|PIPE|MATERIALIZED|DYNAMIC|EXTERNAL|TAG|SHARE|INTEGRATION)$/.test(
    reader.token.value,
  )

const others = [
  ['STAGE', 'stage', 'Stage area'],
  ['FILE FORMAT', 'file_format', 'File format'],
] as const

function createSchema(reader: TokenReader, t: Translation, words: CreateWords): Ddl {
  const ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS')
  const name = completeSchema(t.context, readNamePath(reader))
  reader.takeWord('WITH', 'MANAGED', 'ACCESS')
  const options = readOptions(reader)
  const schema = { database: name.database ?? '', schema: name.name }
  const shown = shownPart(name.name)
  const own = schemaSql(schema.database, schema.schema)
  const there = t.context.hasSchema(schema)
  const common = {
    verb: 'create',
    objectKind: 'schema',
    name,
    ...words,
    ifNotExists,
    options,
    comment: options['COMMENT'] ?? null,
  } as const
  if (there && ifNotExists) return ddl({ ...common, message: `${shown} already exists, statement succeeded.` })
  if (there && !words.orReplace) throw objectExists(shown)
  return ddl({
    ...common,
    sql: [...(words.orReplace ? [`DROP SCHEMA IF EXISTS ${own} CASCADE`] : []), `CREATE SCHEMA IF NOT EXISTS ${own}`],
    message: `Schema ${shown} successfully created.`,
  })
}

/** With its schema PUBLIC. */
function createDatabase(reader: TokenReader, words: CreateWords): Ddl {
  const ifNotExists = reader.takeWord('IF', 'NOT', 'EXISTS')
  const { value: name } = readName(reader)
  const options = readOptions(reader)
  return ddl({
    verb: 'create',
    objectKind: 'database',
    name: databaseName(name),
    ...words,
    ifNotExists,
    options,
    sql: [`CREATE SCHEMA IF NOT EXISTS ${schemaSql(name, 'PUBLIC')}`],
    message: `Database ${shownPart(name)} successfully created.`,
  })
}

export function readDrop(reader: TokenReader, t: Translation): Ddl {
  for (const objectKind of ['table', 'view'] as const)
    if (reader.takeWord(objectKind.toUpperCase())) return dropRelation(reader, t, objectKind)
  if (reader.takeWord('SCHEMA')) return dropSchema(reader, t)
  for (const [written, objectKind] of [...others, ['DATABASE', 'database']] as const)
    if (reader.takeWord(...written.split(' '))) {
      const ifExists = reader.takeWord('IF', 'EXISTS')
      const path = readNamePath(reader)
      readCascade(reader)
      const name = objectKind === 'database' ? databaseName(path[0]?.value ?? '') : completeName(t.context, path)
      return ddl({ verb: 'drop', objectKind, name, ifExists, message: `${shownPart(name.name)} successfully dropped.` })
    }
  refuseWarehouse(reader)
  throw reader.unexpected()
}

function dropRelation(reader: TokenReader, t: Translation, objectKind: 'table' | 'view'): Ddl {
  const ifExists = reader.takeWord('IF', 'EXISTS')
  const path = readNamePath(reader)
  readCascade(reader)
  const name = completeName(t.context, path)
  const shown = shownPart(name.name)
  const common = {
    verb: 'drop',
    objectKind,
    name,
    ifExists,
    temporary: t.context.isTemporary(name),
  } as const
  if (t.context.columnsOf(name) === null) {
    if (ifExists) return ddl({ ...common, message: `Drop statement executed successfully (${shown} already dropped).` })
    checkSchema(t.context, name)
    throw objectMissing(writtenName(path), objectKind === 'table' ? 'Table' : 'View')
  }
  return ddl({
    ...common,
    sql: [`DROP ${objectKind.toUpperCase()} ${storedSql(t.context, name)}`],
    message: `${shown} successfully dropped.`,
  })
}

function dropSchema(reader: TokenReader, t: Translation): Ddl {
  const ifExists = reader.takeWord('IF', 'EXISTS')
  const path = readNamePath(reader)
  readCascade(reader)
  const name = completeSchema(t.context, path)
  const schema = { database: name.database ?? '', schema: name.name }
  const shown = shownPart(name.name)
  const common = { verb: 'drop', objectKind: 'schema', name, ifExists } as const
  if (!t.context.hasSchema(schema)) {
    if (ifExists) return ddl({ ...common, message: `Drop statement executed successfully (${shown} already dropped).` })
    throw objectMissing(writtenName(path), 'Schema')
  }
  return ddl({
    ...common,
    sql: [`DROP SCHEMA IF EXISTS ${schemaSql(schema.database, schema.schema)} CASCADE`],
    message: `${shown} successfully dropped.`,
  })
}

function readCascade(reader: TokenReader): void {
  if (!reader.takeWord('CASCADE')) reader.takeWord('RESTRICT')
}
