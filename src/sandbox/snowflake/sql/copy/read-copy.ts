/** COPY INTO a table. https://docs.snowflake.com/en/sql-reference/sql/copy-into-table */
import { completeName, knownColumns } from '../object-name.ts'
import { invalidIdentifier, unsupported } from '../snowflake-error.ts'
import { readAlias, readName, readNamePath } from '../read-name.ts'
import { readNested } from '../read-options.ts'
import { readStagePath } from './stage-path.ts'
import type { Copy, StagePath } from '../statement.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export function readCopy(reader: TokenReader, t: Translation): Copy | null {
  if (!reader.takeWord('COPY', 'INTO')) return null
  if (reader.token.kind === 'stage' || reader.token.kind === 'string') throw unsupported('COPY INTO a location')
  const path = readNamePath(reader)
  const target = completeName(t.context, path)
  const known = knownColumns(t.context, target, path, 'Table')
  const place = reader.place(reader.token.start)
  const columns = reader.isSymbol('(') ? reader.listInParentheses(() => readName(reader).value) : null
  const missing = columns?.find((name) => !known.some((column) => column.name === name))
  if (missing !== undefined) throw invalidIdentifier(missing, place)
  reader.expectWord('FROM')
  const from = readSource(reader, t)
  return { kind: 'copy', target, columns, from, ...readCopyOptions(reader) }
}

function readSource(reader: TokenReader, t: Translation): Copy['from'] {
  if (!reader.takeSymbol('(')) return { stage: readStage(reader, t), select: null }
  reader.expectWord('SELECT')
  const { start } = reader.token
  reader.list(() => {
    reader.readExpression()
    readAlias(reader)
  })
  const items = reader.text(start, reader.previousEnd)
  reader.expectWord('FROM')
  const stage = readStage(reader, t)
  const options = reader.isSymbol('(') ? readNested(reader) : {}
  if (Object.keys(options).length > 0) throw unsupported('options of a stage in a COPY transform')
  const alias = readAlias(reader)
  // A transform has no WHERE, no join, no ORDER BY.
  reader.expectSymbol(')')
  return { stage, select: { items, alias } }
}

function readStage(reader: TokenReader, t: Translation): StagePath {
  const token = reader.token
  if (token.kind === 'stage') return readStagePath(reader.next().value, t.context)
  if (token.kind === 'string' && token.value.startsWith('@'))
    return readStagePath(reader.next().value.slice(1), t.context)
  throw reader.unexpected()
}

function readCopyOptions(reader: TokenReader): Pick<Copy, 'files' | 'pattern' | 'fileFormat' | 'options'> {
  let files: readonly string[] | null = null
  let pattern: string | null = null
  let fileFormat: Readonly<Record<string, string>> = {}
  const options: Record<string, string> = {}
  while (reader.token.kind === 'word' && reader.ahead(1).value === '=') {
    const key = reader.token.value
    if (!copyOptions.has(key)) throw reader.unexpected()
    if (key === 'FILE_FORMAT' || key === 'FILES' || key === 'PATTERN') {
      reader.next()
      reader.next()
      if (key === 'FILES') files = reader.listInParentheses(() => reader.expectString())
      else if (key === 'PATTERN') pattern = reader.expectString()
      else fileFormat = readNested(reader)
      reader.takeSymbol(',')
    } else Object.assign(options, readOneOption(reader))
  }
  return { files, pattern, fileFormat, options }
}

function readOneOption(reader: TokenReader): Readonly<Record<string, string>> {
  const key = reader.next().value
  reader.expectSymbol('=')
  const { kind } = reader.token
  if (kind === 'symbol' || kind === 'end') throw reader.unexpected()
  const { value } = reader.next()
  reader.takeSymbol(',')
  return { [key]: value }
}

const copyOptions: ReadonlySet<string> = new Set(
  `FILE_FORMAT FILES PATTERN ON_ERROR SIZE_LIMIT PURGE RETURN_FAILED_ONLY MATCH_BY_COLUMN_NAME ENFORCE_LENGTH TRUNCATECOLUMNS
  FORCE LOAD_UNCERTAIN_FILES VALIDATION_MODE FILE_PROCESSOR LOAD_MODE`.split(/\s+/),
)
