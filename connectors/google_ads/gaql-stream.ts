import { MillraceError, z, type Json, type JsonObject, type Stream } from 'millrace'
import { checkFields } from './check-fields.ts'
import { flattenLines, shapeOf } from './flatten.ts'
import { decimalOf, lagMs, ofDays, readRows, reportOptions, type Parts } from './make-stream.ts'
import { parseLines, objectOf } from './page.ts'
import { makeQueryStream } from './query-stream.ts'
import { keyBySplits } from './split-rows.ts'
import { gaqlName } from './streams.ts'

/**
 * The stream whose query stands in the sync, in `options: { query }`. Columns are asked for before options are known, so a
 * row comes as JSON beside what identifies it. A query in the connection's `queries` has columns of its own.
 */
export function makeGaqlStream(parts: Parts): Stream {
  return {
    name: gaqlName,
    docs: 'https://developers.google.com/google-ads/api/docs/query/overview',
    key: ['row_key'],
    columns: { row_key: 'string', 'customer.id': 'integer', 'segments.date': 'date', row: 'json' },
    parts: { row: ['row_key'] },
    order: 'none',
    enumerates: false,
    lagMs,
    overlapMs: windowDays * 86_400_000,
    ...ofDays,
    children: [],
    pageRows: 10_000,
    options: reportOptions(false).extend({
      query: z.string().min(1).optional().meta({ description: 'GAQL without dates' }),
    }),
    meaningBy: ['query'],
    async checkAsked({ options }, { signal }) {
      if (await openQuery(options, signal)) return
      parts.host.warn(`${gaqlName}: no query is given, so nothing is read. Write  options: { query: "SELECT …" }.`)
    },
    async *read(scan, { signal }) {
      const opened = await openQuery(scan.options, signal)
      if (!opened) {
        // A replacement takes nobody's rows away.
        yield { kind: 'checkpoint', resume: { phase: 'done' }, wholeOf: { field: 'customer.id', values: [] } }
        return
      }
      const { stream, infos } = opened
      const shape = shapeOf(infos.map((info) => ({ field: info.name, decimal: decimalOf(info) })))
      const toLines = (lines: Uint8Array, rows: number) => wrapLines(flattenLines(lines, rows, shape), stream.key)
      yield* readRows({ ...parts, signal, stream: gaqlName, toLines }, { stream, scan, fields: stream.fields })
    },
  }

  async function openQuery({ query }: JsonObject, signal: AbortSignal) {
    if (query === undefined) return undefined
    if (typeof query !== 'string')
      throw new MillraceError('MR-1201', { message: `Google Ads, stream ${gaqlName}: its query is not a text.` })
    const { metadata, host } = parts
    const stream = await keyBySplits(makeQueryStream(gaqlName, query), { metadata, signal })
    return { stream, infos: await checkFields(stream, { metadata, warn: host.warn, signal }) }
  }
}

/** Numbers of 64 bits are text at this vendor, so that parsing loses none. */
function wrapLines(lines: Uint8Array, key: readonly string[]): Uint8Array {
  const wrapped = parseLines(lines).map((row) => {
    const fields = objectOf(row)
    const whole: { readonly [field: string]: Json } = {
      row_key: rowKeyOf(fields, key),
      'customer.id': fields['customer.id'] ?? null,
      'segments.date': fields['segments.date'] ?? null,
      row: fields,
    }
    return `${JSON.stringify(whole)}\n`
  })
  return Buffer.from(wrapped.join(''))
}

/** Texts of segments have spaces in them: where one part ends has to be told all the same. */
export const rowKeyOf = (row: JsonObject, key: readonly string[]): string =>
  key.map((field) => textOf(row[field]).replaceAll(/[\\ ]/g, (sign) => `\\${sign}`)).join(' ')

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))

const windowDays = 30
