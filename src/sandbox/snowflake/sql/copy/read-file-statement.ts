/**
 * PUT, GET, LIST and REMOVE. Read before anything is cut into tokens: in file:///tmp/x the slashes are no comment.
 * https://docs.snowflake.com/en/sql-reference/sql/put
 */
import { openReader } from '../grammar.ts'
import { readOptions } from '../read-options.ts'
import { readStagePath } from './stage-path.ts'
import { syntaxError } from '../snowflake-error.ts'
import type { SqlContext, Statement } from '../statement.ts'

export function readFileStatement(sql: string, context: SqlContext): Statement | null {
  const word = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*(PUT|GET|LIST|LS|REMOVE|RM)\s/i.exec(sql)
  if (!word) return null
  const rest = sql.slice(word[0].length).trim().replace(/;$/, '').trim()
  const kind = kinds[(word[1] ?? '').toUpperCase()] ?? 'list'
  const isTransfer = kind === 'put' || kind === 'get'
  const { file = '', stage = '', tail = '' } = forms[isTransfer ? kind : 'list'].exec(rest)?.groups ?? {}
  if (stage === '') throw syntaxError({ line: 1, position: isTransfer ? 4 : word[0].length }, rest.split(/\s/)[0] ?? '')
  if (isTransfer) return { kind, file: fileOf(file), stage: stageOf(stage, context), options: readTail(tail) }
  const { PATTERN: pattern = null } = readTail(tail)
  return { kind, stage: stageOf(stage, context), pattern }
}

const kinds: Readonly<Record<string, 'put' | 'get' | 'list' | 'remove'>> = {
  PUT: 'put',
  GET: 'get',
  LIST: 'list',
  LS: 'list',
  REMOVE: 'remove',
  RM: 'remove',
}
const stageForm = String.raw`(?<stage>@(?:"(?:[^"]|"")*"|[^\s"])*|'@(?:[^']|'')*')`
const fileForm = String.raw`(?<file>'file:\/\/(?:[^'\\]|''|\\[^])*'|file:\/\/\S+)`
const tailForm = '(?<tail>[^]*)$'
const forms = {
  put: new RegExp(`^${fileForm}\\s+${stageForm}${tailForm}`, 'i'),
  get: new RegExp(`^${stageForm}\\s+${fileForm}${tailForm}`, 'i'),
  list: new RegExp(`^${stageForm}${tailForm}`),
}

const unquoted = (text: string) =>
  text.startsWith("'")
    ? text
        .slice(1, -1)
        .replaceAll("''", "'")
        .replaceAll(/\\([^])/g, '$1')
    : text

const fileOf = (text: string) => unquoted(text).replace(/^file:\/\//i, '')

const stageOf = (text: string, context: SqlContext) => readStagePath(unquoted(text).slice(1), context)

function readTail(text: string): Readonly<Record<string, string>> {
  const reader = openReader(text)
  const options = readOptions(reader)
  reader.expectEnd()
  return options
}
