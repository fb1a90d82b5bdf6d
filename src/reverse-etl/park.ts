/** Parking: a value that the destination has refused for good so many times is not sent again until it changes. */
import type { ReverseSync } from '../config/project.ts'
import type { Answer, Candidate } from '../warehouse/port.ts'
import type { Decision } from './decision.ts'

/** What a refusal of this attempt would be counted as. */
export function countRefusal(answer: Answer, { refusal }: Candidate, value: string): Answer {
  const before = refusal && refusal.value === value ? refusal.times : 0
  return { ...answer, value, refusals: before + 1 }
}

/** Who opted out is never parked: that the caller knows. With an open intent nobody knows what arrived. */
export const isParked = ({ parkAfter }: ReverseSync, { hasIntent }: Candidate, { refusals = 1 }: Answer): boolean =>
  parkAfter !== null && !hasIntent && refusals > parkAfter

export function parked(answer: Answer, { key, refusal }: Candidate): Decision {
  return {
    kind: 'settle',
    key,
    answer: {
      ...answer,
      status: 'parked',
      state: null,
      hash: null,
      values: null,
      // The changes tell it once.
      fields: refusal?.parked ? null : '{}',
      message: `refused ${(answer.refusals ?? 1) - 1} times with this value`,
    },
    withheld: 0,
  }
}
