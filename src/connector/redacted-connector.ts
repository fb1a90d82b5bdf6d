import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { OpenedConnector } from './contract.ts'
import type { WriteResult } from '../model/change.ts'
import type { Redactor } from './redact.ts'
import { wrapConnector } from './wrap-connector.ts'

/**
 * The connector with its secrets taken out of all words that leave it: what it throws, also beside the host's calls, what it
 * says of rows, and the account's name. Data passes as it is.
 */
export function redactedConnector(connector: OpenedConnector, redactor: Redactor): OpenedConnector {
  return wrapConnector(connector, {
    thrown: (error) => redactThrown(error, redactor),
    account: (name) => redactor.text(name),
    results: (results) => results.map((result) => redactResult(result, redactor)),
  })
}

function redactResult(result: WriteResult, redactor: Redactor): WriteResult {
  if (result.outcome === 'ok') return ok
  if (result.outcome !== 'unknown' || !result.failure) return redactor.deep(result)
  const { failure, ...said } = result
  return { ...redactor.deep(said), failure: redactOurs(failure, redactor) }
}

/** Of what was taken the vendor has nothing to say. */
const ok: WriteResult = { outcome: 'ok' }

/** What was thrown, without secrets. An error of ours stays one, with its code. */
export function redactThrown(error: unknown, redactor: Redactor): Error {
  if (error instanceof MillraceErrors) return new MillraceErrors(error.errors.map((each) => redactOurs(each, redactor)))
  if (error instanceof MillraceError) return redactOurs(error, redactor)
  return error instanceof Error ? redactor.deep(error) : redactOurs(asMillraceError(error, 'a connector'), redactor)
}

function redactOurs(error: MillraceError, redactor: Redactor): MillraceError {
  const { code, kept, place, retry, retryAfterMs } = error
  const copy = new MillraceError(code, {
    message: redactor.text(error.message),
    ...(kept === undefined ? {} : { kept: redactor.text(kept) }),
    next: redactor.deep(error.next),
    ...(place && { place }),
    ...(error.cause === undefined ? {} : { cause: redactor.deep(error.cause) }),
    retry,
    retryAfterMs,
  })
  copy.stack = redactor.text(error.stack ?? '')
  return copy
}
