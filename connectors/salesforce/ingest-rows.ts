import { MillraceError, type FieldValue, type WriteResult } from 'millrace'
import { formatRecord, parseCsv } from './csv.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { fold } from './find-records.ts'
import { isEmpty, relationshipOf } from './relationship.ts'
import { refuseRow } from './row-refusal.ts'
import type { Row, RowKind } from './row.ts'

/** Rows of one shape can go in one CSV. null: CSV cannot say what this row says, or it is too long for a job, which would fail whole. */
export function jobShape(object: DescribeSObjectResult, kind: RowKind, { id, change }: Row): string | null {
  if (kind === 'delete') return ''
  const emptied: string[] = []
  let chars = id?.length ?? 0
  for (const [name, value] of Object.entries(change.fields)) {
    const cell = cellOf(value)
    if (cell === null || cell.length > maxCellChars) return null
    chars += cell.length
    // By the other record nothing can be named: such a row has the lookup's own column, and one CSV cannot have both.
    const relationship = relationshipOf(object, name)
    if (relationship && isEmpty(value)) emptied.push(relationship.lookup.name)
  }
  return chars > maxRecordChars ? null : emptied.sort().join()
}

/**
 * Of one field, and of all fields of a row. By request a row may have more.
 * https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_bulkapi.htm
 */
const maxCellChars = 131_072
const maxRecordChars = 400_000

/**
 * The rows as the Bulk API reads them: `#N/A` empties a field, an empty cell leaves it as it is.
 * https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_asynch/datafiles_prepare_csv.htm
 */
export function formatRows(
  object: DescribeSObjectResult,
  match: string,
  { kind, rows }: { readonly kind: RowKind; readonly rows: readonly Row[] },
): string {
  const byId = kind === 'update' || kind === 'delete'
  const columns = new Map<string, number>(byId ? [['Id', 0]] : [])
  const records = rows.map(({ id, change }) => {
    const cells = new Map<number, string>(byId ? [[0, id ?? '']] : [])
    if (kind === 'delete') return cells
    for (const [name, value] of Object.entries(change.fields)) {
      if (name === 'Id' || (byId && name === match)) continue
      const header = columnName(object, name, value)
      const at = columns.get(header) ?? columns.size
      columns.set(header, at)
      cells.set(at, cellOf(value) ?? '')
    }
    return cells
  })
  const lines = [formatRecord([...columns.keys()])]
  for (const cells of records)
    lines.push(formatRecord(Array.from({ length: columns.size }, (_, at) => cells.get(at) ?? '')))
  return lines.join('')
}

/** What became of the rows that a results file tells of, by the value that finds each. */
export function* readResults(
  file: string,
  text: string,
  key: string,
): Generator<{ readonly key: string; readonly result: WriteResult }> {
  const records = parseCsv(text)
  const header: readonly string[] = records.next().value ?? []
  // A job without rows of this kind may answer nothing at all.
  if (header.length === 0) return
  const column = header.findIndex((name) => name.toLowerCase() === key.toLowerCase())
  const error = header.indexOf('sf__Error')
  if (column === -1 || (file === 'failedResults') !== (error !== -1))
    throw new MillraceError('MR-3005', {
      message: `Reading ${file} of a Salesforce job: its columns are ${header.join(', ').slice(0, 200)}.`,
    })
  for (const cells of records) {
    if (cells.length !== header.length)
      throw new MillraceError('MR-3005', { message: `Reading ${file} of a Salesforce job: a line is not whole.` })
    yield { key: cells[column] ?? '', result: resultOf(file, cells[error] ?? '') }
  }
}

/** The value by which the results name a row. */
export const resultKey = (object: DescribeSObjectResult, column: string, text: string): string =>
  fold(
    text,
    object.fields.find(({ name }) => name === column),
  )

function resultOf(file: string, error: string): WriteResult {
  if (file === 'successfulResults') return { outcome: 'ok' }
  if (file === 'unprocessedrecords')
    return {
      outcome: 'rejected',
      code: 'UNPROCESSED',
      message: 'the job ended before it came to this row',
      retryable: true,
    }
  // `REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --`
  const [, code = 'UNKNOWN_EXCEPTION', rest = error] = /^([A-Z][A-Z0-9_]*):([^]*)$/.exec(error) ?? []
  return refuseRow(code, rest.replace(/:[\w.,\s]*--\s*$/, '') || 'no reason given')
}

function columnName(object: DescribeSObjectResult, name: string, value: FieldValue): string {
  const relationship = relationshipOf(object, name)
  return relationship && isEmpty(value) ? relationship.lookup.name : name
}

/** null: CSV cannot say it. */
function cellOf(value: FieldValue): string | null {
  if (isEmpty(value)) return '#N/A'
  if (typeof value === 'string') return value.trim() === '#N/A' ? null : value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'object' && value !== null && 'rawJSON' in value) return String(value.rawJSON)
  return null
}
