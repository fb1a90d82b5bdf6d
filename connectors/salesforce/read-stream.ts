import type { Scan, ScanItem } from 'millrace'
import { countRows, isTooMuchForRest } from './count-rows.ts'
import { refuseUnfiltered } from './demanded-filter.ts'
import { chunkFields } from './field-chunks.ts'
import { beforeAll, readPosition, type Position } from './position.ts'
import { takesAll } from './readable.ts'
import type { Reading } from './reading.ts'
import { readByBulk } from './read-bulk.ts'
import { readByRest, type Progress } from './read-rest.ts'

/** Rows of a scan that somebody has counted already. */
export type Counted = ReadonlyMap<string, number>

/**
 * Many rows go by query jobs, few by REST, and each where the other cannot. Whichever way a scan has come to a checkpoint,
 * it can go on from there the other way.
 */
export async function* readStream(
  reading: Reading,
  scan: Scan,
  { counted, signal }: { readonly counted: Counted; readonly signal: AbortSignal },
): AsyncGenerator<ScanItem> {
  const { api, host, stream, bulk } = reading
  refuseUnfiltered(stream, scan)
  warnOfPurged(reading, scan)
  const progress: Progress = {
    after: readPosition(scan.resume) ?? (stream.cursor && takesAll(scan) ? beforeAll : null),
  }
  const chunks = chunkFields(api, stream, scan)
  const mayBulk = bulk.from !== 'never' && scan.limit === null
  let whyNoBulk: string | null = null
  if (mayBulk && (chunks === null || (await isMany(reading, scan, { after: progress.after, counted, signal })))) {
    whyNoBulk = yield* readByBulk(reading, scan, { progress, signal })
    if (whyNoBulk === null) return
    host.warn(
      `${stream.name}: it goes by REST, ${stream.pageSize} rows a request, for want of a query job: ${whyNoBulk}`,
    )
  }
  try {
    yield* readByRest(reading, scan, { progress, chunks, signal })
  } catch (error) {
    if (!mayBulk || whyNoBulk !== null || !isTooMuchForRest(error)) throw error
    host.warn(`${stream.name}: a request is too little time for its query; the rest goes by a query job`)
    if ((yield* readByBulk(reading, scan, { progress, signal })) !== null) throw error
  }
}

/** Of deleted records the scan sees those that are still in the recycle bin. Said once, at its beginning. */
function warnOfPurged({ host, stream: { name, always, cursor } }: Reading, { from, to, full, resume }: Scan): void {
  if (cursor === null || from === null || full || resume !== null || !always.includes('IsDeleted')) return
  if (Date.parse(to) - Date.parse(from) <= keptInBinMs) return
  host.warn(
    `${name}: changes are read from ${from} on, and deleted records leave Salesforce's recycle bin after 15 days. What was deleted and has left it since stands as if it were there, until a  reconcile  finds it.`,
  )
}

/** https://help.salesforce.com/s/articleView?id=xcloud.home_delete.htm&type=5 */
const keptInBinMs = 15 * 86_400_000

/** What tells one scan's count from another's. */
export const scanKey = ({ id, from, to, start, where }: Scan): string => JSON.stringify([id, from, to, start, where])

async function isMany(
  reading: Reading,
  scan: Scan,
  {
    after,
    counted,
    signal,
  }: { readonly after: Position | null; readonly counted: Counted; readonly signal: AbortSignal },
): Promise<boolean> {
  const { from } = reading.bulk
  if (from === 'never') return false
  const known = scan.resume === null ? counted.get(scanKey(scan)) : undefined
  return (known ?? (await countRows(reading, scan, { after, signal }))) >= from
}
