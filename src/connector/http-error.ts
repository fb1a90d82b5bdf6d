import type { MillraceError } from '../model/millrace-error.ts'
import type { Failure } from './host.ts'

/** An attempt that failed in a way that is already understood. Stays inside the host: `call` turns it into a MillraceError. */
export class AttemptError extends Error {
  readonly failure: Failure

  constructor(failure: Failure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause })
    this.name = 'AttemptError'
    this.failure = failure
  }
}

export const malformedAnswer = (status: number, message: string): AttemptError =>
  new AttemptError({ kind: 'malformed', status, message })

/** What a status alone says. */
export function failureOfStatus(status: number): Pick<Failure, 'kind' | 'notReceived'> | undefined {
  if (status >= 200 && status < 300) return undefined
  if (status === 401 || status === 403) return { kind: 'auth' }
  if (status === 429) return { kind: 'rate', notReceived: true }
  if (status === 408 || status === 425 || (status >= 500 && status !== 501 && status !== 505)) return { kind: 'server' }
  return status >= 400 ? { kind: 'refused' } : { kind: 'malformed' }
}

/** Kinds as codes: what a failure becomes when it is not tried again. */
export const codeOfKind = {
  auth: 'MR-3001',
  network: 'MR-3002',
  server: 'MR-3003',
  refused: 'MR-3004',
  malformed: 'MR-3005',
  quota: 'MR-3006',
  rate: 'MR-3006',
  timeout: 'MR-3007',
} as const satisfies Record<Failure['kind'], MillraceError['code']>
