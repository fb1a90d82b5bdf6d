import type { Context, Host, LogicalType, Scan, Stream } from 'millrace'
import type { SalesforceApi } from './client.ts'
import { columnType, type Numbers } from './column-type.ts'
import { compoundOf, isCompound } from './compound.ts'
import { countRows } from './count-rows.ts'
import { demandedFilter } from './demanded-filter.ts'
import type { DescribeSObjectResult } from './describe.ts'
import { describeHistory, isHistory } from './field-history.ts'
import type { Readable } from './readable.ts'
import { readStream, scanKey } from './read-stream.ts'
import type { BulkQueries } from './reading.ts'
import type { Tracking } from './tracking.ts'

export type StreamContext = {
  readonly api: SalesforceApi
  readonly host: Host
  readonly signal: AbortSignal
  readonly pageSize: number
  readonly bulk: BulkQueries
  readonly numbers: Numbers
  readonly tracking: Tracking
}

/** A queryable object as a stream, as it is described now. */
export async function makeStream(object: DescribeSObjectResult, context: StreamContext): Promise<Stream> {
  const { api, host, pageSize, bulk, numbers } = context
  const columns: { [field: string]: LogicalType } = {}
  const skipped: string[] = []
  for (const field of object.fields) {
    const type = columnType(field, numbers)
    if (type) columns[field.name] = type
    else skipped.push(field.name)
  }
  if (skipped.length > 0)
    host.warn(
      `${object.name}: ${skipped.join(', ')} cannot be read in a query (base64) and ${skipped.length === 1 ? 'is' : 'are'} left out`,
    )
  const appendOnly = isHistory(object)
  if (appendOnly) api.checkQuota()
  const history = await describeHistory(api, object, context)
  // Its conditions cannot say "after this stamp, or of this stamp and after this Id"; there are few of them, and all are read.
  const isMetadata = object.name.endsWith('__mdt')
  const cursor = appendOnly ? 'CreatedDate' : isMetadata ? null : cursorField(object)
  const deletable = 'IsDeleted' in columns
  const readable: Readable = {
    name: object.name,
    cursor,
    createdField: filterable(object, 'CreatedDate')
      ? 'CreatedDate'
      : filterable(object, 'LoginTime')
        ? 'LoginTime'
        : null,
    always: ['Id', ...(cursor ? [cursor] : []), ...(deletable ? ['IsDeleted'] : [])],
    pageSize,
    compounds: new Map(object.fields.filter(isCompound).map((field) => [field.name, compoundOf(object, field)])),
    demanded: demandedFilter(object.name),
  }
  // Metadata is not counted either, which is what decides for a query job.
  const reading = { api, host, stream: readable, bulk: isMetadata ? { ...bulk, from: 'never' as const } : bulk }
  const calculated = object.fields.filter((field) => field.calculated && field.name in columns).map(({ name }) => name)
  const counted = new Map<string, number>()
  return {
    name: object.name,
    docs: `https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_${object.custom ? 'custom_objects' : object.name.toLowerCase()}.htm`,
    key: ['Id'],
    columns,
    // A query job brings rows by Id.
    order: cursor && bulk.from === 'never' ? 'cursor' : 'none',
    ...(cursor && { version: cursor, boundedBy: cursor }),
    ...(appendOnly && { appendOnly }),
    // Without a stamp every pass reads all. With one, rows past the upper bound are not seen by a full pass either.
    ...(!cursor && { enumerates: true, fullEveryMs: 0 }),
    // Nobody can ask which of its rows there still are.
    ...(readable.demanded !== null && { enumerates: false }),
    ...(readable.createdField === null && { heedsStart: false }),
    ...(isMetadata && { resumesAs: 'Id' }),
    // A history's row has no stamp that an undeletion of its record would move: flagged once, it would stay so.
    ...(deletable &&
      !appendOnly && {
        deletedWhen: {
          column: 'IsDeleted',
          is: 'true' as const,
          // What cannot be undeleted passes the recycle bin by.
          ...(!object.undeletable && { isPartial: true }),
        },
      }),
    ...(calculated.length > 0 && { calculated }),
    parts: partsOf(object),
    takesWhere: true,
    ...(history && { history }),
    lagMs: cursor ? lagMs : 0,
    overlapMs: cursor ? overlapMs : 0,
    children: [],
    pageRows: pageSize,
    read: (scan, { signal }) => readStream(reading, scan, { counted, signal }),
    ...(!isMetadata && {
      async count(scan: Scan, { signal }: Context) {
        const count = await countRows(reading, scan, { after: null, signal })
        counted.set(scanKey(scan), count)
        return scan.limit === null ? count : Math.min(count, scan.limit)
      },
    }),
  }
}

/** A person's name and an address stand in fields of their own, and whole in another. */
function partsOf({ fields }: DescribeSObjectResult): { readonly [whole: string]: readonly string[] } {
  const wholes = Map.groupBy(fields, ({ compoundFieldName }) => compoundFieldName ?? '')
  return Object.fromEntries(
    [...wholes].flatMap(([whole, parts]) =>
      whole === '' ? [] : [[whole, parts.map(({ name }) => name).filter((name) => name !== whole)]],
    ),
  )
}

/** The stamp that says when a row last changed, for whatever reason; the first that a query can filter by. */
function cursorField(object: DescribeSObjectResult): string | null {
  return (
    ['SystemModstamp', 'LastModifiedDate', 'CreatedDate', 'LoginTime'].find((name) => filterable(object, name)) ?? null
  )
}

const filterable = (object: DescribeSObjectResult, name: string) =>
  object.fields.some((field) => field.name === name && field.filterable)

/**
 * A row is stamped when its transaction writes it and seen when that ends, which may take ten minutes at most
 * (https://developer.salesforce.com/docs/atlas.en-us.apexcode.meta/apexcode/apex_gov_limits.htm). Five minutes are waited
 * for, five more are read again the next time.
 */
const lagMs = 5 * 60_000
const overlapMs = 5 * 60_000
