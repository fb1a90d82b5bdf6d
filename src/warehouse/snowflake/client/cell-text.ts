/**
 * The wire's cells as the text that DuckDB gives for the same value. The SDK's own conversion is passed by: it goes through
 * doubles and Dates, and re-prints JSON.
 */
import { MillraceError } from '../../../model/millrace-error.ts'
import { doubleText } from './double-text.ts'

export type ReadCell = (wire: string) => string

/** How cells of a column of this type are read. The types are the wire's, in lower case. */
export function cellReader(type: string): ReadCell {
  return readers[type] ?? asItIs
}

const asItIs: ReadCell = (wire) => wire

const readers: { readonly [type: string]: ReadCell } = {
  fixed: (wire) => (wire.startsWith('.') ? `0${wire}` : wire.startsWith('-.') ? `-0${wire.slice(1)}` : wire),
  real: doubleText,
  boolean: (wire) => (wire === '1' || wire.toLowerCase() === 'true' ? 'true' : 'false'),
  date: (wire) => {
    const { date, era } = dateText(Number(wire))
    return date + era
  },
  time: (wire) => {
    const { seconds, fraction } = split(wire)
    return timeText(seconds) + fraction
  },
  timestamp_ntz: timestampText,
  timestamp_ltz: (wire) => `${timestampText(wire)}+00`,
  // Seconds in UTC, a blank, and an offset that only says where it was written.
  timestamp_tz: (wire) => {
    const [instant = '', offset] = wire.split(' ')
    if (offset === undefined) throw unknownForm('TIMESTAMP_TZ')
    return `${timestampText(instant)}+00`
  },
}

function timestampText(wire: string): string {
  const { seconds, fraction } = split(wire)
  const days = Math.floor(seconds / secondsADay)
  const { date, era } = dateText(days)
  return `${date}${era} ${timeText(seconds - days * secondsADay)}${fraction}`
}

/** `-1.25` is a quarter before a second: the fraction counts up from the second below. Digits are kept as they are. */
function split(wire: string): { readonly seconds: number; readonly fraction: string } {
  const point = wire.indexOf('.')
  const whole = Number(point === -1 ? wire : wire.slice(0, point))
  if (!Number.isSafeInteger(whole)) throw unknownForm('TIMESTAMP')
  const digits = point === -1 ? '' : wire.slice(point + 1).replace(/0+$/, '')
  if (digits === '') return { seconds: whole, fraction: '' }
  if (!wire.startsWith('-')) return { seconds: whole, fraction: `.${digits}` }
  const rest = String(10n ** BigInt(digits.length) - BigInt(digits)).padStart(digits.length, '0')
  return { seconds: whole - 1, fraction: `.${rest}` }
}

/** Days since 1970 in the Gregorian calendar, without a Date: years before 1 and after 9999 are right, too. */
function dateText(days: number): { readonly date: string; readonly era: string } {
  const shifted = days + 719_468
  const cycle = Math.floor(shifted / 146_097)
  const dayOfCycle = shifted - cycle * 146_097
  const yearOfCycle = Math.floor(
    (dayOfCycle - Math.floor(dayOfCycle / 1460) + Math.floor(dayOfCycle / 36_524) - Math.floor(dayOfCycle / 146_096)) /
      365,
  )
  const dayOfYear = dayOfCycle - (365 * yearOfCycle + Math.floor(yearOfCycle / 4) - Math.floor(yearOfCycle / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfCycle + cycle * 400 + (month <= 2 ? 1 : 0)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return { date: `${shown}-${two(month)}-${two(day)}`, era: year > 0 ? '' : ' (BC)' }
}

const timeText = (seconds: number) =>
  `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`

const two = (number: number) => (number < 10 ? `0${number}` : String(number))

const unknownForm = (type: string) =>
  new MillraceError('MR-7000', { message: `Snowflake sent a ${type} in a form that this version does not know.` })

const secondsADay = 86_400
