import type { SimulatorContext } from 'millrace/sandbox'
import { parseCsv } from '../csv.ts'
import { readColumns, readCells, type Column } from './ingest-cells.ts'
import type { Job } from './ingest-job.ts'
import { findField, requireField } from './objects.ts'
import { requireObject, type Stamp } from './org.ts'
import { csvRecord } from './render-csv.ts'
import type { Row } from './row.ts'
import { deleteById, insertNew, saveAll, updateById, upsertBy, type SaveResult, type SaveRow } from './save-rows.ts'

/** Writes the job's rows, two hundred at a time, as far as it gets; its state is what it was. */
export function runJob(context: SimulatorContext, job: Job, stamp: Stamp): Job {
  const content = job.content ?? ''
  const firstLine = content.slice(0, content.search(/\n|$/))
  if (firstLine.endsWith('\r') !== (job.lineEnding === 'CRLF'))
    return failWhole(
      job,
      `ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is ${job.lineEnding}`,
    )
  const [header = [], ...records] = parseCsv(content)
  const object = requireObject(job.object)
  const columns = readColumns(object, header)
  if ('unknown' in columns) return failWhole(job, `InvalidBatch : Field name not found : ${columns.unknown}`)
  const key = job.operation === 'upsert' ? (job.externalIdFieldName ?? '') : job.operation === 'insert' ? null : 'Id'
  if (key !== null && !header.some((name) => name.toLowerCase() === key.toLowerCase()))
    return failWhole(job, `InvalidBatch : Field name not found : ${key}`)
  const uneven = records.findIndex((cells) => cells.length !== header.length)
  if (uneven >= 0) return failWhole(job, `InvalidBatch : Record ${uneven + 1} has not as many columns as the header`)
  const long = records.map(whatIsTooLong).find((words) => words !== undefined)
  if (long !== undefined) return failWhole(job, `InvalidBatch : ${long}`)

  const end = endOf(context, records.length)
  const results: SaveResult[] = []
  for (let from = 0; from < end.rows; from += 200)
    results.push(
      ...savePart(context, job, {
        columns: columns.columns,
        records: records.slice(from, Math.min(from + 200, end.rows)),
        stamp,
      }),
    )
  const written = results.map((result, index) => ({ result, cells: records[index] ?? [] }))
  return {
    ...job,
    outcome: end.state,
    errorMessage: end.message,
    processed: results.length,
    failed: results.filter(({ success }) => !success).length,
    // The order of results is not that of the rows.
    successfulResults: csv([
      ['sf__Id', 'sf__Created', ...header],
      ...written
        .toReversed()
        .flatMap(({ result, cells }) =>
          result.success ? [[result.id, String(result.created ?? job.operation === 'insert'), ...cells]] : [],
        ),
    ]),
    failedResults: csv([
      ['sf__Id', 'sf__Error', ...header],
      ...written
        .toReversed()
        .flatMap(({ result, cells }) => (result.success ? [] : [[result.id ?? '', errorText(result), ...cells]])),
    ]),
    unprocessedRecords: csv([header, ...records.slice(end.rows).toReversed()]),
  }
}

/** Nothing of it was written. */
export function leaveUnprocessed(job: Job): Job {
  const [header = [], ...records] = parseCsv(job.content ?? '')
  return {
    ...job,
    successfulResults: csv([['sf__Id', 'sf__Created', ...header]]),
    failedResults: csv([['sf__Id', 'sf__Error', ...header]]),
    unprocessedRecords: csv([header, ...records]),
  }
}

const failWhole = (job: Job, errorMessage: string): Job => ({
  ...leaveUnprocessed(job),
  outcome: 'Failed',
  errorMessage,
})

/** How far it gets before somebody or something stops it. */
function endOf(context: SimulatorContext, rows: number) {
  const fails = context.fault('bulk_fails')
  const aborted = context.fault('bulk_aborted')
  const spec = fails ?? aborted
  if (!spec) return { rows, state: 'JobComplete', message: null } as const
  const got = Math.min(rows, Number(spec['rows'] ?? Math.floor(rows / 2)))
  return fails
    ? ({ rows: got, state: 'Failed', message: 'InternalServerError : the batch was retried 20 times' } as const)
    : ({ rows: got, state: 'Aborted', message: null } as const)
}

type Part = {
  readonly columns: readonly Column[]
  readonly records: readonly (readonly string[])[]
  readonly stamp: Stamp
}

function savePart(context: SimulatorContext, job: Job, { columns, records, stamp }: Part): readonly SaveResult[] {
  const object = requireObject(job.object)
  const read = records.map((cells) => readCells(object, columns, cells))
  if (job.operation === 'delete')
    return read.map((row) => ('success' in row ? row : deleteById(context, row.id ?? '', stamp)))
  const rows = read.filter((row): row is Row => !('success' in row))
  // A job applies a rule only where it names one (`assignmentRuleId`), and none here does.
  const saved = saveAll(rows, { context, stamp, allOrNone: false, assigns: false }, saverOf(job, rows))[
    Symbol.iterator
  ]()
  return read.map((row) => ('success' in row ? row : requireResult(saved.next().value)))
}

function saverOf(job: Job, rows: readonly Row[]): SaveRow {
  if (job.operation === 'insert') return insertNew
  const match = findField(requireObject(job.object), job.externalIdFieldName ?? 'Id')
  if (job.operation === 'update' || match?.type === 'id') return updateById(rows)
  return upsertBy(requireField(requireObject(job.object), job.externalIdFieldName ?? ''), rows)
}

function requireResult(result: SaveResult | undefined): SaveResult {
  if (!result) throw new TypeError('a row without a result')
  return result
}

const errorText = (result: SaveResult) =>
  result.success ? '' : `${result.error.errorCode}:${result.error.message}:${result.error.fields.join(',')} --`

/**
 * Its own reader of CSV stops at such a record; the words are those of github.com/forcedotcom/wsc, CSVReader.java.
 * https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
 */
function whatIsTooLong(cells: readonly string[]): string | undefined {
  const cell = cells.find(({ length }) => length > 131_072)
  if (cell !== undefined) return `Exceeded max field size: ${cell.length}`
  const chars = cells.reduce((sum, { length }) => sum + length, 0)
  if (chars <= 400_000) return undefined
  return `Exceeded max length for one record: ${chars}. Max length for one record should be less than or equal to 400000`
}

const csv = (records: readonly (readonly string[])[]) => records.map(csvRecord).join('')
