import { cutPage, MillraceError, type Json, type JsonObject } from 'millrace'

/** A page of rows as lines. https://developers.google.com/google-ads/api/rest/reference/rest/v25/customers.googleAds/search */
export type AdsPage = {
  readonly lines: Uint8Array
  readonly rows: number
  readonly nextPageToken: string | null
  /** Of all pages, LIMIT or not. */
  readonly total: number | null
  readonly readAt: Date
}

/** Where there is no row the answer has no list of them, but still the field mask. */
export function readPage(bytes: Uint8Array, readAt: Date, needs: 'fieldMask' | null = 'fieldMask'): AdsPage {
  const whole = hasRows(bytes) ? null : emptyPage(bytes, needs)
  const { lines, rows, envelope } = whole ?? cutPage(bytes, { records: 'results' })
  const { nextPageToken, totalResultsCount } = objectOf(envelope)
  const total = totalResultsCount === undefined ? null : Number(totalResultsCount)
  return {
    lines,
    rows,
    nextPageToken: typeof nextPageToken === 'string' && nextPageToken !== '' ? nextPageToken : null,
    total: total !== null && Number.isSafeInteger(total) ? total : null,
    readAt,
  }
}

/** One JSON value a line, parsed: for the few rows that this connector itself works with. */
export const parseLines = (lines: Uint8Array): readonly Json[] =>
  Buffer.from(lines)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const value: Json = JSON.parse(line)
      return value
    })

export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const hasRows = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('"results"')

function emptyPage(bytes: Uint8Array, needs: string | null) {
  const envelope: Json = JSON.parse(Buffer.from(bytes).toString())
  if (!isObject(envelope) || (needs !== null && !(needs in envelope)))
    throw new MillraceError('MR-3005', {
      message: 'Reading rows of Google Ads: the answer has neither rows nor the mask of their fields.',
    })
  return { lines: new Uint8Array(0), rows: 0, envelope }
}
