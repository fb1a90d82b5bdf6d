import { asMillraceError, MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { OpenedConnector, Stream } from './contract.ts'
import type { WriteResult } from '../model/change.ts'
import type { DestinationObject } from './destination.ts'
import type { Redactor } from './redact.ts'

/**
 * The connector with its secrets taken out of all words that leave it: what it throws, also beside the host's calls, what it
 * says of rows, and the account's name. Data passes as it is.
 */
export function redactedConnector(connector: OpenedConnector, redactor: Redactor): OpenedConnector {
  const guard = guardOf(redactor)
  const { now, streams, streamNames, takesQueries, objects, close } = connector
  return {
    check: guard((context) => connector.check(context)),
    account: guard(async (context) => redactor.text(await connector.account(context))),
    ...(now && { now: guard((context) => now.call(connector, context)) }),
    ...(takesQueries && { takesQueries }),
    ...(streamNames && { streamNames: guard((context) => streamNames.call(connector, context)) }),
    ...(close && { close: guard(() => close.call(connector)) }),
    ...(streams && {
      streams: guard(async (request) =>
        (await streams.call(connector, request)).map((stream) => redactedStream(stream, redactor)),
      ),
    }),
    ...(objects && {
      objects: guard(async (request) =>
        (await objects.call(connector, request)).map((object) => redactedObject(object, redactor)),
      ),
    }),
  }
}

function redactedStream(stream: Stream, redactor: Redactor): Stream {
  const { count } = stream
  return {
    ...stream,
    async *read(scan, context) {
      try {
        yield* stream.read(scan, context)
      } catch (error) {
        throw redactThrown(error, redactor)
      }
    },
    ...(count && { count: guardOf(redactor)((scan, context) => count.call(stream, scan, context)) }),
  }
}

function redactedObject(object: DestinationObject, redactor: Redactor): DestinationObject {
  const guard = guardOf(redactor)
  const { settle, readBack } = object
  const cleaned = (results: readonly WriteResult[]) =>
    results.map((result) => (result.outcome === 'ok' ? ok : redactor.deep(result)))
  return {
    ...object,
    write: guard(async (changes, context) => cleaned(await object.write(changes, context))),
    ...(settle && { settle: guard(async (receipt, context) => cleaned(await settle.call(object, receipt, context))) }),
    // What the vendor holds is data.
    ...(readBack && { readBack: guard((changes, context) => readBack.call(object, changes, context)) }),
  }
}

/** Of what was taken the vendor has nothing to say. */
const ok: WriteResult = { outcome: 'ok' }

const guardOf =
  (redactor: Redactor) =>
  <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    try {
      return await work(...args)
    } catch (error) {
      throw redactThrown(error, redactor)
    }
  }

/** What was thrown, without secrets. An error of ours stays one, with its code. */
export function redactThrown(error: unknown, redactor: Redactor): Error {
  if (error instanceof MillraceErrors) return new MillraceErrors(error.errors.map((each) => redactOurs(each, redactor)))
  if (error instanceof MillraceError) return redactOurs(error, redactor)
  return error instanceof Error ? redactor.deep(error) : redactOurs(asMillraceError(error, 'a connector'), redactor)
}

function redactOurs(error: MillraceError, redactor: Redactor): MillraceError {
  const { code, kept, place, retry } = error
  const copy = new MillraceError(code, {
    message: redactor.text(error.message),
    ...(kept === undefined ? {} : { kept: redactor.text(kept) }),
    next: redactor.deep(error.next),
    ...(place && { place }),
    ...(error.cause === undefined ? {} : { cause: redactor.deep(error.cause) }),
    retry,
  })
  copy.stack = redactor.text(error.stack ?? '')
  return copy
}
