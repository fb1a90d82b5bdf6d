import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { ownMember } from '../model/own-member.ts'
import { commonKeys, type Fault, type FaultCatalogue, type FaultKey } from './fault-catalogue.ts'
import type { FaultSpec } from './fault.ts'

/** `isOpen`: it may play others, too, of which nobody has said what they take. */
export type KnownFaults = { readonly vendor: string; readonly faults: FaultCatalogue; readonly isOpen: boolean }

/**
 * A fault that would not do what was asked is refused: whoever set it would take what passes for tried.
 * @throws MillraceError MR-1001
 */
export function checkFault(name: string, spec: FaultSpec | null, { vendor, faults, isOpen }: KnownFaults): void {
  const fault = ownMember(faults, name)
  if (!fault && !isOpen) throw unknownFault(name, vendor, faults)
  if (spec === null) return
  const keys: { readonly [key: string]: FaultKey } = { ...(fault?.isLasting ? {} : commonKeys), ...fault?.keys }
  const refuse = (problem: string, next: string) => {
    throw new MillraceError('MR-1001', {
      message: `Setting the fault ${name} of ${vendor}: ${problem}.`,
      kept: 'No fault was set.',
      next,
    })
  }
  for (const [key, value] of Object.entries(spec)) {
    if (value === undefined) continue
    const wanted = ownMember(keys, key)
    if (wanted !== undefined && !isTaken(value, wanted))
      refuse(`${key} is ${JSON.stringify(value)}, and must be ${takes(wanted)}`, keysText(fault))
    if (wanted !== undefined || !fault) continue
    const near = didYouMean(key, Object.keys(keys))
    refuse(`it takes no ${key}`, `${near ? `Did you mean ${near}? ` : ''}${keysText(fault)}`)
  }
  const { needs } = fault ?? {}
  if (needs && !needs.some((key) => spec[key] !== undefined))
    refuse(`without ${needs.join(' or ')} it would do nothing`, keysText(fault))
}

function unknownFault(name: string, vendor: string, faults: FaultCatalogue): MillraceError {
  const near = didYouMean(name, Object.keys(faults))
  return new MillraceError('MR-1001', {
    message: `Setting the fault ${name} of ${vendor}: there is no such fault.`,
    kept: 'No fault was set.',
    next: `${near ? `Did you mean ${near}? ` : ''}There are ${Object.keys(faults).join(', ')}.`,
  })
}

function keysText(fault: Fault | undefined): string {
  if (fault?.isLasting) return 'It takes no keys: it is on until it is taken away, with --off.'
  const own = listKeys(fault?.keys ?? {})
  return `${own ? `It takes ${own}. ` : ''}Every fault that ends takes ${listKeys(commonKeys)}.`
}

const listKeys = (keys: { readonly [key: string]: FaultKey }): string =>
  Object.entries(keys)
    .map(([key, wanted]) => `${key} (${takes(wanted)})`)
    .join(', ')

function isTaken(value: unknown, wanted: FaultKey): boolean {
  if (typeof wanted === 'string') return kinds[wanted].holds(value)
  if ('oneOf' in wanted) return wanted.oneOf.some((each) => each === value)
  const { least, most = Infinity, isWhole, or = [] } = wanted
  if (typeof value !== 'number') return or.some((each) => each === value)
  return value >= least && value <= most && (!isWhole || Number.isInteger(value))
}

/** What a key takes, in words. */
function takes(wanted: FaultKey): string {
  if (typeof wanted === 'string') return kinds[wanted].words
  if ('oneOf' in wanted) return wanted.oneOf.map((each) => JSON.stringify(each)).join(' or ')
  const { least, most, isWhole, or = [] } = wanted
  const number = `a ${isWhole ? 'whole ' : ''}number from ${least}${most === undefined ? '' : ` to ${most}`}`
  return [number, ...or.map((each) => JSON.stringify(each))].join(' or ')
}

const isText = (value: unknown): value is string => typeof value === 'string'

const kinds: {
  readonly [name in Extract<FaultKey, string>]: {
    readonly words: string
    readonly holds: (value: unknown) => boolean
  }
} = {
  text: { words: 'text', holds: isText },
  pattern: { words: 'a regular expression', holds: isPattern },
  flag: { words: 'true or false', holds: (value) => typeof value === 'boolean' },
  list: {
    words: 'a list of one or more',
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  },
  text_or_json: { words: 'text', holds: (value) => isText(value) || (typeof value === 'object' && value !== null) },
}

function isPattern(text: unknown): boolean {
  if (!isText(text)) return false
  try {
    return Boolean(new RegExp(text))
  } catch {
    return false // a SyntaxError is the answer here
  }
}
