/** LIST and REMOVE: https://docs.snowflake.com/en/sql-reference/sql/list */
import type { Statement } from '../sql/statement.ts'
import type { Outcome } from '../run/query-store.ts'
import { statementTypes } from '../run/record-query.ts'
import { resultOf } from '../run/result-set.ts'
import { number, text } from '../run/row-type.ts'
import type { RunContext } from '../run/run-statement.ts'
import { findStage } from './stage-directory.ts'
import { listFiles, removeFile } from './stage-files.ts'

type OfStage = Extract<Statement, { kind: 'list' | 'remove' }>

export async function runList(context: RunContext, { stage: place, pattern }: OfStage): Promise<Outcome> {
  const stage = findStage(context, place, 'READ')
  const files = (await listFiles(context.service, stage, place.path)).filter(({ name }) => matches(name, pattern))
  return {
    statementTypeId: statementTypes.list,
    result: resultOf(
      [text('name'), number('size'), text('md5'), text('last_modified')],
      files.map(({ name, size, md5, modifiedAt }) => [
        stage.prefix + name,
        String(size),
        md5,
        modifiedAt.toUTCString(),
      ]),
    ),
  }
}

export async function runRemove(context: RunContext, { stage: place, pattern }: OfStage): Promise<Outcome> {
  const stage = findStage(context, place, 'WRITE')
  const files = (await listFiles(context.service, stage, place.path)).filter(({ name }) => matches(name, pattern))
  for (const file of files) removeFile(file)
  return {
    statementTypeId: statementTypes.remove,
    result: resultOf(
      [text('name'), text('result')],
      files.map(({ name }) => [stage.prefix + name, 'removed']),
    ),
  }
}

/** The pattern is for the whole name. */
export const matches = (name: string, pattern: string | null): boolean =>
  pattern === null || new RegExp(`^(?:${pattern})$`).test(name)
