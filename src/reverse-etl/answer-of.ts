/** What the destination's result makes of the answer that was prepared for a change. */
import type { DestinationObject } from '../connector/destination.ts'
import type { WriteResult } from '../model/change.ts'
import type { Answer } from '../warehouse/port.ts'
import type { SpooledChange } from './change-spool.ts'
import { storable } from './storable.ts'

/** undefined: it was never sent. `unknown` is written down, and its intent stays. */
export function answerOf(
  { answer, refused }: SpooledChange,
  result: WriteResult | undefined,
  sentAt: string,
): Answer | undefined {
  switch (result?.outcome) {
    case 'ok':
      // Only its opt-out went: the row itself is the reject, and its intent stays, so that it is removed where it leaves.
      if (refused !== undefined)
        return {
          ...answer,
          ...nothingAccepted,
          status: 'rejected',
          code: 'MR-5005',
          message: storable(`${refused}; only its opt-out was sent`),
          retryable: false,
          sent_at: sentAt,
          unanswered: true,
        }
      return { ...answer, status: 'delivered', sent_at: sentAt }
    case 'absent':
      // What is to be removed and is not there is as it should be: the tombstone stands.
      if (answer.state === 'removed') return { ...answer, status: 'absent', sent_at: sentAt }
      return {
        ...answer,
        ...nothingAccepted,
        status: 'absent',
        code: 'ABSENT',
        message: storable(result.message ?? 'there is no such record'),
        retryable: true,
        sent_at: sentAt,
      }
    case 'rejected':
      return {
        ...answer,
        ...nothingAccepted,
        status: 'rejected',
        code: storable(result.code),
        message: storable(result.message),
        retryable: result.retryable,
        sent_at: sentAt,
        ...(result.maybeTaken && { unanswered: true }),
      }
    case 'unknown':
      return {
        ...answer,
        ...nothingAccepted,
        status: 'unknown',
        message: storable(result.message ?? 'no answer'),
        sent_at: sentAt,
        unanswered: true,
      }
    case undefined:
      return undefined
  }
}

/** A row that no request can hold is refused by us; its values are not written down once more. */
export const tooLarge = ({ answer }: SpooledChange, bytes: number, object: DestinationObject): Answer => ({
  ...answer,
  ...nothingAccepted,
  status: 'rejected',
  fields: '{}',
  code: 'MR-5005',
  message: whyTooLarge(bytes, object),
  retryable: false,
})

export const whyTooLarge = (bytes: number, { name, batch }: DestinationObject): string =>
  `${bytes} bytes; ${name} takes ${batch.rowBytes ?? batch.bytes} a row`

const nothingAccepted = { state: null, values: null } as const
