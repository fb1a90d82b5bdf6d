import { z, type Host, type LogicalType, type Scan, type ScanItem, type Stream } from 'millrace'
import type { Accounts } from './accounts.ts'
import { checkConditions, checkFields } from './check-fields.ts'
import type { AdsApi } from './client.ts'
import { flattenLines, shapeOf } from './flatten.ts'
import { checkWhere, fieldsIn } from './gaql.ts'
import { columnTypeOf, type FieldInfo, type Metadata } from './metadata.ts'
import { readPosition, type Position } from './position.ts'
import { countEntities, readEntities, type Asked, type AskedOf } from './read-entities.ts'
import type { Reading } from './read-query.ts'
import { readReport } from './read-report.ts'
import { accountsOf, warnOfOlderDays, warnOfOthers } from './scan-accounts.ts'
import { keyBySplits, resourceOf } from './split-rows.ts'
import { docsOf, type AdsStream } from './streams.ts'

export type Parts = {
  readonly api: AdsApi
  readonly accounts: Accounts
  readonly metadata: Metadata
  readonly host: Host
  readonly signal: AbortSignal
}

/** Streams with their live columns; a field that is not there, or not with the others, is found here, before a row is read. */
export async function makeStreams(definitions: readonly AdsStream[], parts: Parts): Promise<readonly Stream[]> {
  const names = definitions.flatMap(({ from, fields, where = '' }) => [from, ...fields, ...fieldsIn(where)])
  // All at once: one request.
  await parts.metadata.find([...new Set(names)], parts.signal)
  const streams: Stream[] = []
  for (const definition of definitions) {
    const { metadata, host, signal } = parts
    const stream = await keyBySplits(definition, { metadata, signal })
    const infos = await checkFields(stream, { metadata, warn: host.warn, signal })
    streams.push(makeStream(stream, infos, parts))
  }
  return streams
}

function makeStream(stream: AdsStream, infos: readonly FieldInfo[], parts: Parts): Stream {
  const { name, key, report } = stream
  return {
    name,
    docs: docsOf(stream),
    key,
    columns: columnsOf(infos),
    parts: partsOf(infos),
    // No stamp of the last change: a row's version is the time of its request.
    order: 'none',
    // What is removed stays listed, as REMOVED; an account that cannot be read keeps its rows.
    enumerates: false,
    takesWhere: true,
    lagMs: report ? lagMs : 0,
    overlapMs: report ? report.windowDays * dayMs : 0,
    children: [],
    pageRows: 10_000,
    // An entity has no day on which it came to be, or changed: each scan lists all of them.
    ...(!report && { heedsStart: false, fullEveryMs: 0 }),
    // Whose a row is.
    ...(!key.includes('customer.id') && { windowOf: ['customer.id'] }),
    ...(report && { ...ofDays, options: reportOptions(report.isDaily === true) }),
    async checkAsked({ where }, { signal }) {
      checkWhere(name, where)
      if (where !== null) await checkConditions(stream, { where, doing: 'where', metadata: parts.metadata, signal })
    },
    async *read(scan, { signal }) {
      const wanted = wantedOf(stream, infos, scan)
      const shape = shapeOf(wanted.map((info) => ({ field: info.name, decimal: decimalOf(info) })))
      const toLines = (lines: Uint8Array, rows: number) => flattenLines(lines, rows, shape)
      yield* readRows({ ...parts, signal, stream: name, toLines }, { stream, scan, fields: wanted.map(nameOf) })
    },
    ...(!report && {
      count: async (scan: Scan, { signal }: { readonly signal: AbortSignal }) => {
        checkWhere(name, scan.where)
        const fields = wantedOf(stream, infos, scan).map(nameOf)
        return countEntities({ ...parts, signal, stream: name, toLines: (lines) => lines }, { stream, scan, fields })
      },
    }),
  }
}

/** What a stream says of itself whose rows are read by days. */
export const ofDays = { boundedBy: 'segments.date', reportsDays: true, windowOf: ['customer.id'] } as const

/** One scan, by days or by accounts, from where it stands. What it says of its rows holds for the accounts that it has read whole. */
export async function* readRows(reading: Reading, asked: Asked): AsyncGenerator<ScanItem> {
  checkWhere(asked.stream.name, asked.scan.where)
  const position = readPosition(asked.scan.resume)
  await warnOfOthers(reading, asked)
  const own = await accountsOf(reading.accounts, asked, reading.signal)
  const readable = () => own.filter((account) => !reading.accounts.isSkipped(account)).map(({ id }) => id)
  for await (const item of readOwn(reading, { ...asked, accounts: own }, position)) {
    if (item.kind !== 'checkpoint') {
      yield item
      continue
    }
    const accounts = readable()
    const wholeOf = { field: 'customer.id', values: accounts }
    yield { ...item, resume: { ...readPosition(item.resume), accounts }, wholeOf }
  }
  warnOfOlderDays(readable(), asked, reading.host)
}

async function* readOwn(reading: Reading, asked: AskedOf, position: Position | null): AsyncIterable<ScanItem> {
  const { report } = asked.stream
  // It was interrupted before its last commit, which has to be told again whose rows it may take away.
  if (position?.phase === 'done') yield { kind: 'checkpoint', resume: position }
  else if (report) yield* readReport(reading, asked, { report, from: position?.phase === 'days' ? position : null })
  else yield* readEntities(reading, asked, position?.phase === 'accounts' ? position : null)
}

function wantedOf({ key }: AdsStream, infos: readonly FieldInfo[], { fields }: Scan): readonly FieldInfo[] {
  const isWanted = (field: string) => fields.length === 0 || fields.includes(field)
  return infos.filter((info) => {
    const decimal = decimalOf(info)
    return key.includes(info.name) || isWanted(info.name) || (decimal !== undefined && isWanted(decimal))
  })
}

const nameOf = ({ name }: FieldInfo) => name

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
export const decimalOf = ({ name, dataType, isRepeated }: FieldInfo): string | undefined =>
  name.endsWith('_micros') && dataType === 'INT64' && !isRepeated ? name.replace(/_micros$/, '_decimal') : undefined

/** What says the same as another field: money in its two units, and a text in the name of its resource. */
function partsOf(infos: readonly FieldInfo[]): Stream['parts'] {
  const pairs = infos.flatMap((info) => {
    const decimal = decimalOf(info)
    return decimal ? [[info.name, [decimal]] as const, [decimal, [info.name]] as const] : []
  })
  const texts = infos.map(nameOf).filter((name) => inNames.has(name))
  const named = [...Map.groupBy(texts, (name) => `${resourceOf(name)}.resource_name`)]
  return Object.fromEntries<readonly string[]>([
    ...pairs,
    ...named.filter(([name]) => infos.some((info) => info.name === name)),
  ])
}

/**
 * Texts that stand in the name of their resource, most of them as base64, which anybody reads.
 * https://developers.google.com/google-ads/api/reference/rpc/v25/SearchTermView
 */
const inNames: ReadonlySet<string> = new Set([
  'ai_max_search_term_ad_combination_view.headline',
  'ai_max_search_term_ad_combination_view.landing_page',
  'ai_max_search_term_ad_combination_view.search_term',
  'campaign_search_term_view.search_term',
  'click_view.gclid',
  'detail_placement_view.placement',
  'domain_category.category',
  'group_placement_view.placement',
  'paid_organic_search_term_view.search_term',
  'performance_max_placement_view.placement',
  'search_term_view.search_term',
  'smart_campaign_search_term_view.search_term',
])

export const reportOptions = (isDaily: boolean) =>
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
export const lagMs = 3 * 3_600_000
