import type { Json, JsonObject } from '../model/json.ts'
import { createRandom } from './random.ts'

/** What every fault takes that ends; the rest of its keys are its own (`fault-catalogue`). */
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

/** Counts of a fault that is on, kept so that it goes on after a restart. */
export type ActiveFault = { readonly spec: FaultSpec; readonly seen: number; readonly played: number }

export type FaultBoard = {
  /** As it is: `check-fault` looks at it before. */
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
      if (spec) faults.set(name, { spec, seen: 0, played: 0 })
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

function matches({ match }: FaultSpec, { method, path }: FaultRequest): boolean {
  if (match === undefined) return true
  const pattern = new RegExp(match)
  return pattern.test(path) || pattern.test(`${method} ${path}`)
}

/** The same requests in the same order meet the same faults. */
function throwDice(name: string, { chance = 1, seed = 1 }: FaultSpec, seen: number): boolean {
  return chance === 1 || createRandom(seed, `${name} ${seen}`).chance(chance)
}
