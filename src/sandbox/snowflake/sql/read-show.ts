/** SHOW, DESCRIBE and EXPLAIN: the session answers them. */
import { completeName, completeSchema, knownColumns } from './object-name.ts'
import { unsupported } from './snowflake-error.ts'
import { readNamePath } from './read-name.ts'
import type { Describe, Show, Statement } from './statement.ts'
import type { TokenReader } from './token-reader.ts'
import type { Translation } from './translation.ts'

export function readShow(reader: TokenReader, t: Translation): Statement | null {
  if (reader.takeWord('SHOW')) return readShowStatement(reader, t)
  if (reader.takeWord('DESCRIBE') || reader.takeWord('DESC')) return readDescribe(reader, t)
  return null
}

/** https://docs.snowflake.com/en/sql-reference/sql/show */
function readShowStatement(reader: TokenReader, t: Translation): Show {
  reader.takeWord('TERSE')
  if (reader.token.kind !== 'word' || !shown.has(reader.token.value)) throw reader.unexpected()
  let what = reader.next().value
  if (['PRIMARY', 'FILE', 'FUTURE', 'USER', 'NETWORK', 'IMPORTED'].includes(what)) what += ` ${reader.next().value}`
  if (what.endsWith('GRANTS'))
    return { kind: 'show', what, like: null, in: null, startsWith: null, limit: null, rest: readRest(reader) }
  reader.takeWord('HISTORY')
  const like = reader.takeWord('LIKE') ? reader.expectString() : null
  const within = reader.takeWord('IN') || reader.takeWord('FOR') ? readIn(reader, t, what) : null
  const startsWith = reader.takeWord('STARTS', 'WITH') ? reader.expectString() : null
  const limit = reader.takeWord('LIMIT') ? reader.expectInteger() : null
  if (limit !== null && reader.takeWord('FROM')) reader.expectString()
  return { kind: 'show', what, like, in: within, startsWith, limit, rest: [] }
}

const shown: ReadonlySet<string> = new Set(
  `PARAMETERS TABLES SCHEMAS VIEWS COLUMNS GRANTS DATABASES WAREHOUSES ROLES USERS STAGES VARIABLES TRANSACTIONS LOCKS OBJECTS
  SESSIONS PRIMARY FILE FUTURE USER FUNCTIONS SEQUENCES REGIONS`.split(/\s+/),
)

function readRest(reader: TokenReader): readonly string[] {
  const words: string[] = []
  while (!reader.atEnd && !reader.isSymbol(';')) {
    const token = reader.next()
    if (token.kind === 'symbol' && token.value === '.' && words.length > 0)
      words.push(`${words.pop() ?? ''}.${reader.next().value}`)
    else words.push(token.value)
  }
  return words
}

function readIn(reader: TokenReader, t: Translation, what: string): Show['in'] {
  for (const kind of ['ACCOUNT', 'SESSION'] as const)
    if (reader.takeWord(kind)) return { kind: kind.toLowerCase(), name: null }
  for (const kind of ['DATABASE', 'SCHEMA', 'TABLE', 'VIEW', 'USER', 'WAREHOUSE', 'APPLICATION'] as const)
    if (reader.takeWord(kind)) {
      if (reader.atEnd || reader.isSymbol(';') || reader.isWord('LIMIT') || reader.isWord('STARTS'))
        return { kind: kind.toLowerCase(), name: null }
      const path = readNamePath(reader)
      if (kind === 'SCHEMA') return { kind: 'schema', name: completeSchema(t.context, path) }
      if (kind === 'TABLE' || kind === 'VIEW') return { kind: kind.toLowerCase(), name: completeName(t.context, path) }
      return { kind: kind.toLowerCase(), name: { database: null, schema: null, name: path[0]?.value ?? '' } }
    }
  const path = readNamePath(reader)
  if (what === 'COLUMNS') return { kind: 'table', name: completeName(t.context, path) }
  if (what === 'SCHEMAS')
    return { kind: 'database', name: { database: null, schema: null, name: path[0]?.value ?? '' } }
  return { kind: 'schema', name: completeSchema(t.context, path) }
}

function readDescribe(reader: TokenReader, t: Translation): Describe {
  for (const what of ['SCHEMA', 'DATABASE', 'RESULT', 'STAGE'])
    if (reader.isWord(what)) throw unsupported(`DESCRIBE ${what}`)
  const what = reader.takeWord('VIEW') ? 'View' : 'Table'
  if (what === 'Table') reader.takeWord('TABLE')
  const path = readNamePath(reader)
  const name = completeName(t.context, path)
  knownColumns(t.context, name, path, what)
  if (reader.takeWord('TYPE')) {
    reader.expectSymbol('=')
    reader.expectWord('COLUMNS')
  }
  return { kind: 'describe', what, name }
}
