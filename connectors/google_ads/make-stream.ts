import { z, type Host, type LogicalType, type Scan, type Stream } from 'millrace'
import type { Accounts } from './accounts.ts'
import { checkFields } from './check-fields.ts'
import type { AdsApi } from './client.ts'
import { shapeOf } from './flatten.ts'
import { columnTypeOf, type FieldInfo, type Metadata } from './metadata.ts'
import { readPosition } from './position.ts'
import { countEntities, readEntities } from './read-entities.ts'
import type { Reading } from './read-query.ts'
import { readReport } from './read-report.ts'
import type { AdsStream } from './streams.ts'

export type Parts = {
  readonly api: AdsApi
  readonly accounts: Accounts
  readonly metadata: Metadata
  readonly host: Host
  readonly signal: AbortSignal
}

/** Streams with their live columns; a field that is not there, or not with the others, is found here, before a row is read. */
export async function makeStreams(definitions: readonly AdsStream[], parts: Parts): Promise<readonly Stream[]> {
  const names = definitions.flatMap(({ from, fields }) => [from, ...fields])
  // All at once: one request.
  await parts.metadata.find([...new Set(names)], parts.signal)
  const streams: Stream[] = []
  for (const definition of definitions) {
    const { metadata, host, signal } = parts
    const infos = await checkFields(definition, { metadata, warn: host.warn, signal })
    streams.push(makeStream(definition, infos, parts))
  }
  return streams
}

function makeStream(stream: AdsStream, infos: readonly FieldInfo[], { api, accounts, host }: Parts): Stream {
  const { name, docs, key, report } = stream
  const reading = (
    scan: Scan,
    signal: AbortSignal,
  ): { readonly reading: Reading; readonly fields: readonly string[] } => {
    const isWanted = (field: string) => scan.fields.length === 0 || scan.fields.includes(field)
    const wanted = infos.filter((info) => {
      const decimal = decimalOf(info)
      return key.includes(info.name) || isWanted(info.name) || (decimal !== undefined && isWanted(decimal))
    })
    const shape = shapeOf(wanted.map((info) => ({ field: info.name, decimal: decimalOf(info) })))
    return {
      reading: { api, accounts, host, signal, stream: name, shape },
      fields: wanted.map((info) => info.name),
    }
  }
  return {
    name,
    docs,
    key,
    columns: columnsOf(infos),
    // No stamp of the last change: a row's version is the time of its request.
    order: 'none',
    // What is removed stays listed, as REMOVED; an account that cannot be read keeps its rows.
    enumerates: false,
    lagMs: report ? lagMs : 0,
    overlapMs: report ? report.windowDays * dayMs : 0,
    children: [],
    pageRows: 10_000,
    ...(report && { boundedBy: 'segments.date', options: reportOptions(report.isDaily === true) }),
    async *read(scan, { signal }) {
      const position = readPosition(scan.resume)
      if (position?.phase === 'done') return
      const { reading: on, fields } = reading(scan, signal)
      const asked = { stream, scan, fields }
      if (report) yield* readReport(on, asked, { report, from: position?.phase === 'days' ? position : null })
      else yield* readEntities(on, asked, position?.phase === 'accounts' ? position : null)
    },
    ...(!report && {
      count: (scan: Scan, { signal }: { readonly signal: AbortSignal }) => {
        const { reading: on, fields } = reading(scan, signal)
        return countEntities(on, { stream, scan, fields })
      },
    }),
  }
}

function columnsOf(infos: readonly FieldInfo[]): { readonly [field: string]: LogicalType } {
  return Object.fromEntries(
    infos.flatMap((info): [string, LogicalType][] => {
      const decimal = decimalOf(info)
      return [
        [info.name, columnTypeOf(info)],
        ...(decimal ? [[decimal, 'decimal(38,6)'] satisfies [string, LogicalType]] : []),
      ]
    }),
  )
}

/** Beside money in micros the same in units of the currency: `metrics.cost_micros`, `metrics.cost_decimal`. */
const decimalOf = ({ name, dataType, isRepeated }: FieldInfo): string | undefined =>
  name.endsWith('_micros') && dataType === 'INT64' && !isRepeated ? name.replace(/_micros$/, '_decimal') : undefined

const reportOptions = (isDaily: boolean) =>
  z.strictObject({
    window: z.int().min(1).max(90).optional().meta({ description: 'How many days each run reads again' }),
    ...(!isDaily && {
      days_per_query: z
        .int()
        .min(1)
        .max(366)
        .optional()
        .meta({ description: 'Days of one query, and of one checkpoint' }),
    }),
  })

const dayMs = 86_400_000

/** Clicks and impressions may be counted so late. https://support.google.com/google-ads/answer/2544985 */
const lagMs = 3 * 3_600_000
