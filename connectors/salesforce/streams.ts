import type { FieldHistory, LogicalType, Stream } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { columnType, cursorField, describeObject, type Described } from './describe.ts'
import { fieldHistoryOf, isHistory } from './field-history.ts'
import { countRows, pageRows, readStream } from './read-stream.ts'

/** A stream of any object that can be queried, with the columns that describe gives today. */
export async function describeStream(api: SalesforceApi, name: string, signal: AbortSignal): Promise<Stream> {
  const described = await describeObject(api, name, signal)
  const history = isHistory(described) ? await fieldHistoryOf(api, described, signal) : undefined
  return streamOf(api, described, history)
}

function streamOf(api: SalesforceApi, described: Described, history: FieldHistory | undefined): Stream {
  const columns: { [field: string]: LogicalType } = {}
  for (const field of described.fields) {
    const type = columnType(field)
    if (type !== undefined) columns[field.name] = type
  }
  const cursor = cursorField(described)
  const source = { object: described.name, cursor, hasCreatedDate: 'CreatedDate' in columns }
  return {
    name: described.name,
    docs: `https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_${described.name.toLowerCase()}.htm`,
    key: ['Id'],
    columns,
    order: cursor === undefined ? 'none' : 'cursor',
    ...(cursor === undefined ? {} : { version: cursor }),
    appendOnly: history !== undefined,
    // queryAll lists what is in the recycle bin too; what it does not list is purged.
    enumerates: history === undefined,
    ...('IsDeleted' in columns ? { deletedWhen: { column: 'IsDeleted', is: 'true' as const } } : {}),
    lagMs,
    overlapMs,
    children: [],
    pageRows,
    ...(history ? { history } : {}),
    read: (scan, context) => readStream(api, source, { scan, context }),
    count: (scan, context) => countRows(api, source, { scan, context }),
  }
}

/** A query may miss what was just written (eventual consistency): rows are read five minutes after their stamp. */
const lagMs = 5 * 60_000
/** Long transactions commit with the stamp of when they wrote: the last five minutes are read again. */
const overlapMs = 5 * 60_000
