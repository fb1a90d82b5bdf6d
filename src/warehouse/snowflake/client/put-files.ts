import { basename } from 'node:path'
import { MillraceError } from '../../../model/millrace-error.ts'
import { snowflakeDialect as dialect } from '../dialect.ts'
import { readRows } from './read-rows.ts'
import type { Execute } from './statement.ts'
import { translateSnowflakeError } from './translate-error.ts'

/**
 * Files to a stage, as they are. The SDK reads them as streams (and writes an encrypted copy to the temporary directory first),
 * but one after the other: several statements make it several files at once.
 * https://docs.snowflake.com/en/sql-reference/sql/put
 */
export async function putFiles(execute: Execute, files: readonly string[], stage: string): Promise<void> {
  const waiting = [...files]
  const failures: unknown[] = []
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined && failures.length === 0; file = waiting.shift())
      try {
        await putFile(execute, file, stage)
      } catch (error) {
        failures.push(error)
      }
  }
  const mask = process.umask()
  try {
    await Promise.all(Array.from({ length: Math.min(filesAtOnce, files.length) }, worker))
  } finally {
    // The SDK sets it to 0 where the stage is a directory (the sandbox's), and leaves it so.
    process.umask(mask)
  }
  if (failures.length > 0) throw failures[0]
}

async function putFile(execute: Execute, file: string, stage: string): Promise<void> {
  if (/[*?]/.test(basename(file)))
    throw new MillraceError('MR-7000', { message: `A file to be staged has a wildcard in its name: ${file}` })
  const place = dialect.text(`file://${file.replaceAll('\\', '/')}`)
  // Without SOURCE_COMPRESSION: the SDK breaks off at NONE.
  const sql = `PUT ${place} ${stage} AUTO_COMPRESS = FALSE PARALLEL = ${partsAtOnce} OVERWRITE = TRUE`
  const doing = `staging ${basename(file)} in Snowflake`
  try {
    const statement = await execute(sql)
    for await (const rows of readRows(statement, { stallMs: 10_000 }))
      for (const { status, message } of rows)
        // A failure may be a row of the result only.
        if (status !== 'UPLOADED' && status !== 'SKIPPED') throw translateSnowflakeError({ message }, doing, sql)
  } catch (error) {
    throw translateSnowflakeError(error, doing, sql)
  }
}

/** With parts of 8 MB of each file on their way, this bounds what is held in memory. */
const filesAtOnce = 3
const partsAtOnce = 4
