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
  const verb = (word[1] ?? '').toUpperCase()
  if (verb === 'PUT') return readPut(rest, context)
  if (verb === 'GET') return readGet(rest, context)
  const found = /^(@(?:"(?:[^"]|"")*"|[^\s"])*|'@(?:[^']|'')*')([^]*)$/.exec(rest)
  if (!found) throw syntaxError({ line: 1, position: word[0].length }, rest.split(/\s/)[0] ?? '')
  const options = readTail(found[2] ?? '')
  return {
    kind: verb === 'LIST' || verb === 'LS' ? 'list' : 'remove',
    stage: stageOf(found[1] ?? '', context),
    pattern: options['PATTERN'] ?? null,
  }
}

function readPut(rest: string, context: SqlContext): Statement {
  const found =
    /^('file:\/\/(?:[^'\\]|''|\\[^])*'|file:\/\/\S+)\s+(@(?:"(?:[^"]|"")*"|[^\s"])*|'@(?:[^']|'')*')([^]*)$/i.exec(rest)
  if (!found) throw syntaxError({ line: 1, position: 4 }, rest.split(/\s/)[0] ?? '')
  return {
    kind: 'put',
    file: fileOf(found[1] ?? ''),
    stage: stageOf(found[2] ?? '', context),
    options: readTail(found[3] ?? ''),
  }
}

function readGet(rest: string, context: SqlContext): Statement {
  const found =
    /^(@(?:"(?:[^"]|"")*"|[^\s"])*|'@(?:[^']|'')*')\s+('file:\/\/(?:[^'\\]|''|\\[^])*'|file:\/\/\S+)([^]*)$/i.exec(rest)
  if (!found) throw syntaxError({ line: 1, position: 4 }, rest.split(/\s/)[0] ?? '')
  return {
    kind: 'get',
    file: fileOf(found[2] ?? ''),
    stage: stageOf(found[1] ?? '', context),
    options: readTail(found[3] ?? ''),
  }
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
