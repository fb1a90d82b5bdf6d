/** COPY INTO a table: https://docs.snowflake.com/en/sql-reference/sql/copy-into-table */
import { checkTable } from '../account/check-rights.ts'
import { keyOf, seenKey, type CatalogObject } from '../run/catalog.ts'
import { needWarehouse } from '../run/need-warehouse.ts'
import type { Outcome } from '../run/query-store.ts'
import type { RunContext } from '../run/run-statement.ts'
import { findRelation } from '../run/sql-context.ts'
import { writePlace } from '../run/write-place.ts'
import type { Run } from '../session/transaction.ts'
import { relationSql, shownName } from '../sql/names.ts'
import { objectMissing, unsupported } from '../sql/snowflake-error.ts'
import type { Copy } from '../sql/statement.ts'
import { checkCopyOptions } from './copy-options.ts'
import { copyOutcome, type CopiedFile } from './copy-outcome.ts'
import { loadFile } from './load-file.ts'
import { formatOf } from './file-format.ts'
import { isTrue } from './file-source.ts'
import { matches } from './list-files.ts'
import { isLoaded, rememberLoad } from './load-history.ts'
import { findStage, type Stage } from './stage-directory.ts'
import { listFiles, removeFile, type StageFile } from './stage-files.ts'

export async function runCopy(context: RunContext, statement: Copy): Promise<Outcome> {
  const { session, service } = context
  const target = findRelation(context, statement.target)
  if (!target || target.kind !== 'table') throw objectMissing(shownName(statement.target), 'Table')
  checkTable(context, statement.target, ['INSERT'])
  const stage = findStage(context, statement.from.stage, 'READ')
  const format = formatOf(context, statement.fileFormat, stage)
  checkCopyOptions(statement, format)
  needWarehouse(context)
  if (statement.options.VALIDATION_MODE !== undefined) throw unsupported('VALIDATION_MODE')
  const files = chosen(await listFiles(service, stage, statement.from.stage.path), statement)
  const copied = await session.transaction.write(writePlace(context, statement.target), (run) =>
    copyFiles(context, { statement, target, stage, format, files }, run),
  )
  service.scanned.forget(statement.target)
  const loaded = new Set(copied.filter(({ status }) => status === 'LOADED').map(({ file }) => file))
  if (isTrue(statement.options.PURGE))
    session.transaction.afterCommit(() => {
      for (const file of files) if (loaded.has(file.name)) removeFile(file)
    })
  const bytes = files.filter(({ name }) => loaded.has(name)).reduce((sum, { size }) => sum + size, 0)
  return copyOutcome(copied, { prefix: stage.prefix, bytes })
}

export type CopyPlan = {
  readonly statement: Copy
  readonly target: CatalogObject
  readonly stage: Stage
  readonly format: Readonly<Record<string, string>>
  readonly files: readonly StageFile[]
}

async function copyFiles(context: RunContext, plan: CopyPlan, run: Run): Promise<readonly CopiedFile[]> {
  const { statement, stage, files } = plan
  const { connection } = context.session
  const table = relationSql(statement.target, context.session.temporary.has(keyOf('relation', statement.target)))
  const key = seenKey(context.session, 'relation', statement.target)
  const copied: CopiedFile[] = []
  for (const file of files) {
    if (!isTrue(statement.options.FORCE) && (await isLoaded(connection, { table: key, stage: stage.key, file })))
      continue
    const done = await loadFile(context, plan, { file, table, run })
    copied.push(done)
    if (done.status !== 'LOAD_FAILED')
      await rememberLoad(run, { table: key, stage: stage.key, file, at: context.service.now() })
  }
  return copied
}

/** FILES names them, PATTERN describes their whole names; a file that is named and not there is an error. */
function chosen(files: readonly StageFile[], { files: named, pattern, from }: Copy): readonly StageFile[] {
  const wanted = files.filter(({ name }) => matches(name, pattern))
  if (!named) return wanted
  return named.map((name) => {
    const found = wanted.find(
      (file) =>
        file.name === `${from.stage.path}${name}` || file.name === name || file.name === `${from.stage.path}/${name}`,
    )
    if (!found) throw objectMissing(name, 'Remote file')
    return found
  })
}
