/** Snowflake's formats of dates and times in DuckDB. https://docs.snowflake.com/en/sql-reference/date-time-input-output */
import { quoteText } from '../../../duckdb/sql-text.ts'
import { unsupported } from './snowflake-error.ts'
import type { DataType } from './data-type.ts'

export function formatTimestamp(sql: string, type: DataType, format: string): string {
  // A TIME has no strftime; on any day it is the same time.
  const value =
    type.kind === 'TIME'
      ? `(DATE '1970-01-01' + ${sql})`
      : type.kind === 'TIMESTAMP_LTZ' || type.kind === 'TIMESTAMP_TZ'
        ? `CAST(${sql} AS TIMESTAMP)`
        : sql
  const pieces: string[] = []
  let pattern = ''
  const flush = () => {
    if (pattern !== '') pieces.push(`strftime(${value}, ${quoteText(pattern)})`)
    pattern = ''
  }
  for (const part of formatParts(format)) {
    const fraction = /^FF(\d?)$/.exec(part.word ?? '')
    if (fraction) {
      const digits = fraction[1] === '' ? 9 : Number(fraction[1])
      flush()
      if (digits > 0) pieces.push(`substr(strftime(${value}, '%f') || '000', 1, ${digits})`)
    } else if (part.word === null) pattern += part.text.replaceAll('%', '%%')
    else pattern += patternOf(part.word, part.text)
  }
  flush()
  return pieces.length === 0 ? `''` : pieces.length === 1 ? (pieces[0] ?? '') : `(${pieces.join(' || ')})`
}

/** The pattern for strptime. */
export function readPattern(format: string): string {
  return formatParts(format)
    .map((part) => {
      if (part.word === null) return part.text.replaceAll('%', '%%')
      if (part.word.startsWith('FF')) return '%f'
      return patternOf(part.word, part.text)
    })
    .join('')
}

function patternOf(word: string, text: string): string {
  const known = patterns[word]
  if (known === undefined) throw unsupported(`format element ${text}`)
  return known
}

type Part = { readonly word: string | null; readonly text: string }

function formatParts(format: string): readonly Part[] {
  const parts: Part[] = []
  for (const [text] of format.matchAll(elements)) {
    if (text.startsWith('"')) parts.push({ word: null, text: text.slice(1, -1) })
    else parts.push({ word: /^[A-Z]/i.test(text) && text.toUpperCase() !== 'T' ? text.toUpperCase() : null, text })
  }
  return parts
}

const elements =
  /"[^"]*"|YYYY|YY|MMMM|MON|MM|MI|DD|DY|HH24|HH12|AM|PM|SS|FF\d?|TZHTZM|TZH:TZM|TZH|TZM|UUUU|[A-Z]+|[^A-Z"]+/gi

/** The time zone of a session is UTC here. */
const patterns: Readonly<Record<string, string>> = {
  YYYY: '%Y',
  UUUU: '%Y',
  YY: '%y',
  MM: '%m',
  MON: '%b',
  MMMM: '%B',
  DD: '%d',
  DY: '%a',
  HH24: '%H',
  HH12: '%I',
  AM: '%p',
  PM: '%p',
  MI: '%M',
  SS: '%S',
  TZHTZM: '+0000',
  'TZH:TZM': '+00:00',
  TZH: '+00',
  TZM: '00',
  Z: 'Z',
}
