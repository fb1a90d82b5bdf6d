import type { Change } from '../model/change.ts'
import type { Answer } from '../warehouse/port.ts'
import { storable } from './storable.ts'

/** What becomes of one row that differs. */
export type Decision =
  | {
      readonly kind: 'send'
      readonly change: Change
      readonly key: string
      readonly answer: Answer
      /** Goes first, and guards do not hold it. */
      readonly turnedOptOut: boolean
      /** Only the opt-out of the row goes: the rest cannot be sent, for this reason. */
      readonly refused?: string
      readonly withheld: number
    }
  /** Settled without the destination: coalesced, held back, ignored, or a value that cannot be sent. */
  | { readonly kind: 'settle'; readonly key: string; readonly answer: Answer; readonly withheld: number }

/** By us: nothing of it is sent. */
export const refused = (base: Answer, reason: string): Decision => ({
  kind: 'settle',
  key: base.key,
  answer: { ...base, status: 'rejected', fields: '{}', code: 'MR-5005', message: storable(reason), retryable: false },
  withheld: 0,
})

export const emptyAnswer: Answer = {
  key: '',
  op: 'upsert',
  status: 'delivered',
  state: null,
  hash: null,
  values: null,
  fields: null,
  code: null,
  message: null,
  retryable: false,
  attempts: 1,
  sent_at: null,
}
