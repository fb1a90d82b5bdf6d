import type { Json, JsonObject } from '../model/json.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { createRandom } from './random.ts'

/** What every fault takes; the rest of its keys are its own (see `faultCatalogue`). */
export type FaultSpec = JsonObject & {
  /** How often it is played before it is over. @default 1 */
  readonly times?: number | 'always'
  /** A regular expression: which requests, by `/path?query` or `METHOD /path?query`. @default all */
  readonly match?: string
  /** Lets this many matching requests pass first. @default 0 */
  readonly after?: number
  /** Plays it for a part of the matching requests only, by a seeded dice. @default 1 */
  readonly chance?: number
  /** Of the dice. @default 1 */
  readonly seed?: number
}

/** The faults that the host plays on the wire, with the keys that each takes. */
export const faultCatalogue: { readonly [name: string]: string } = {
  status: 'answers with a status instead of the vendor: status (503), retry_after (seconds, "date" or "absurd"), body',
  error_200: 'answers 200 with an error in the body: body',
  html: 'answers 200 with an HTML page, as a proxy or a maintenance window does',
  hang: 'never answers; with handled: true the vendor has done what was asked',
  slow: 'answers one byte at a time: interval_ms (1000)',
  delay: 'waits before the vendor gets the request: ms (1000)',
  refused: 'nobody listens on the port, until the fault is taken away',
  reset_before: 'drops the connection; the vendor never saw the request',
  reset_after: 'the vendor does what was asked, then the connection drops: nobody knows',
  truncated_gzip: 'a gzip answer that ends too early',
  wrong_length: 'a Content-Length larger than the answer',
  cut_json: 'half of the answer, correctly framed',
  bad_utf8: 'a byte in the answer that is not UTF-8',
  inflate: 'a small gzip answer that inflates to gigabytes: gigabytes (4)',
}

/** Faults that simulators play themselves; each may have more. */
export const simulatorFaults: { readonly [name: string]: string } = {
  rate_limit: 'the vendor’s own refusal for too many requests',
  expire_tokens: 'tokens given out so far are no longer valid',
}

/** Counts of a fault that is on, kept so that it goes on after a restart. */
export type ActiveFault = { readonly spec: FaultSpec; readonly seen: number; readonly played: number }

export type FaultBoard = {
  readonly set: (name: string, spec: FaultSpec | null) => void
  readonly active: () => { readonly [name: string]: ActiveFault }
  /** Does this fault fall on this request? Counts it. */
  readonly play: (name: string, request: FaultRequest) => FaultSpec | null
  /** Is it on at all? Counts nothing. */
  readonly peek: (name: string) => FaultSpec | null
  readonly clear: () => void
}

export type FaultRequest = { readonly method: string; readonly path: string }

export function createFaultBoard(
  kept: { readonly [name: string]: ActiveFault },
  save: (active: Json) => void,
): FaultBoard {
  const faults = new Map(Object.entries(kept))
  const changed = () => save(Object.fromEntries(faults))
  return {
    set: (name, spec) => {
      if (spec) faults.set(name, { spec: checkSpec(name, spec), seen: 0, played: 0 })
      else faults.delete(name)
      changed()
    },
    active: () => Object.fromEntries(faults),
    play: (name, request) => {
      const fault = faults.get(name)
      if (!fault || !matches(fault.spec, request)) return null
      const seen = fault.seen + 1
      const falls = seen > (fault.spec.after ?? 0) && throwDice(name, fault.spec, seen)
      const played = fault.played + (falls ? 1 : 0)
      if (fault.spec.times !== 'always' && played >= (fault.spec.times ?? 1)) faults.delete(name)
      else faults.set(name, { spec: fault.spec, seen, played })
      changed()
      return falls ? fault.spec : null
    },
    peek: (name) => faults.get(name)?.spec ?? null,
    clear: () => {
      faults.clear()
      changed()
    },
  }
}

function checkSpec(name: string, spec: FaultSpec): FaultSpec {
  const refuse = (problem: string) => {
    throw new MillraceError('MR-1001', {
      message: `Setting the fault ${name}: ${problem}.`,
      kept: 'No fault was set.',
      next: 'Every fault takes times (a number, or always), match (a regular expression), after, chance and seed.',
    })
  }
  const { times, match, after, chance, seed, status } = spec
  if (times !== undefined && times !== 'always' && !isCount(times, 1))
    refuse(`times is ${JSON.stringify(times)}, and must be a whole number above 0, or "always"`)
  if (after !== undefined && !isCount(after, 0)) refuse(`after is ${JSON.stringify(after)}, and must be a whole number`)
  if (chance !== undefined && !(chance >= 0 && chance <= 1))
    refuse(`chance is ${JSON.stringify(chance)}, and must be between 0 and 1`)
  if (seed !== undefined && !isCount(seed, 0)) refuse(`seed is ${JSON.stringify(seed)}, and must be a whole number`)
  if (name === 'status' && status !== undefined && !(isCount(status, 200) && Number(status) <= 599))
    refuse(`status is ${JSON.stringify(status)}, and must be from 200 to 599`)
  if (match !== undefined && !isPattern(match))
    refuse(`match is ${JSON.stringify(match)}, which is not a regular expression`)
  return spec
}

const isCount = (value: unknown, least: number) =>
  typeof value === 'number' && Number.isInteger(value) && value >= least

function isPattern(text: unknown): boolean {
  if (typeof text !== 'string') return false
  try {
    return Boolean(new RegExp(text))
  } catch {
    return false // a SyntaxError is the answer here
  }
}

function matches({ match }: FaultSpec, { method, path }: FaultRequest): boolean {
  if (match === undefined) return true
  const pattern = new RegExp(match)
  return pattern.test(path) || pattern.test(`${method} ${path}`)
}

/** The same requests in the same order meet the same faults. */
function throwDice(name: string, { chance = 1, seed = 1 }: FaultSpec, seen: number): boolean {
  return chance === 1 || createRandom(seed, `${name} ${seen}`).chance(chance)
}
