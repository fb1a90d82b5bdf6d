import type { WriteResult } from '../model/change.ts'
import type { Json } from '../model/json.ts'
import type { Context } from './context.ts'
import type { OpenedConnector, Scan, ScanItem, Stream } from './contract.ts'
import type { DestinationObject, ReadBack } from './destination.ts'
import { allMembers } from './all-members.ts'
import { openedConnector } from './connector-forms.ts'
import { openedObject, openedStream } from './definition-forms.ts'
import { handedClients } from './handed-clients.ts'
import type { Host } from './host.ts'
import { believer, believing, lateRequests, type LateRequests, type TakeBack } from './late-requests.ts'
import { withoutForgotten, withoutForgottenItems, type Forgotten } from './open-requests.ts'

/** What stands between a connector and whoever asks it. `doing`: in words, `reading contacts`. */
export type Wrapping = {
  /** What is thrown instead of what it threw. */
  readonly thrown: (error: unknown, doing: string) => unknown
  readonly account?: (name: string) => string
  /** Throws where the stream is not what it must be. */
  readonly stream?: (stream: Stream) => void
  /** Throws where the object is not what it must be. */
  readonly object?: (object: DestinationObject) => void
  /** Throws where the item is not what it must be. */
  readonly item?: (item: ScanItem, reading: { doing: string; stream: Stream; scan: Scan }) => void
  /** What is asked for while it works has to be over when it is; `forgotten`: what is thrown where it is not, `what` says why. */
  readonly forgotten?: (doing: string) => Forgotten['flaw']
  /** Throws where what it counted is no number of rows. */
  readonly counted?: (answer: number, doing: string) => void
  /** Throws where a receipt would come back as something else. */
  readonly receipt?: (receipt: Json, doing: string) => void
  /** Told of what it settled, for so many changes. */
  readonly settled?: (answer: readonly WriteResult[], settling: { doing: string; changes: number; host: Host }) => void
  readonly results: (answer: readonly WriteResult[], doing: string) => readonly WriteResult[]
  /** Throws where what was read back is not one answer for each of so many changes. */
  readonly held?: (answer: readonly ReadBack[], doing: string, changes: number) => void
}

/** The connector with a wrapping around every member that it has. Data passes as it is. */
export function wrapConnector(given: OpenedConnector, wrapping: Wrapping): OpenedConnector {
  const connector = allMembers(given, openedConnector)
  const { now, streams, streamNames, objects, objectNames, close } = connector
  const guard = guardOf(wrapping)
  const account = wrapping.account ?? ((name) => name)
  const late = lateRequests()
  return {
    ...connector,
    check: guard('checking the connection', (context) => connector.check(context)),
    account: guard('asking for the account', async (context) => account(await connector.account(context))),
    ...(now && { now: guard('asking for the time', (context) => now.call(connector, context)) }),
    ...(streamNames && {
      streamNames: guard('listing streams', (context) => streamNames.call(connector, context)),
    }),
    ...(objectNames && {
      objectNames: guard('listing objects', (context) => objectNames.call(connector, context)),
    }),
    ...((close || wrapping.forgotten) && {
      close: guard('closing', async () => {
        await close?.call(connector)
        late.close()
      }),
    }),
    ...(streams && {
      streams: guard('describing streams', async (request) =>
        (await streams.call(connector, request)).map((stream) => {
          wrapping.stream?.(stream)
          return wrapStream(allMembers(stream, openedStream), wrapping, late)
        }),
      ),
    }),
    ...(objects && {
      objects: guard('describing objects', async (request) =>
        (await objects.call(connector, request)).map((object) => {
          wrapping.object?.(object)
          return wrapObject(allMembers(object, openedObject), wrapping, late)
        }),
      ),
    }),
  }
}

function wrapStream(stream: Stream, wrapping: Wrapping, late: LateRequests): Stream {
  const { name, count, checkAsked } = stream
  const { item: look, thrown, forgotten } = wrapping
  const doing = `reading ${name}`
  const read: Stream['read'] = forgotten
    ? (scan, context) =>
        withoutForgottenItems(
          context.signal,
          (signal) => stream.read(scan, { ...context, ...handedClients(context), signal }),
          {
            flaw: forgotten(doing),
            late: late.hear,
          },
        )
    : (scan, context) => stream.read(scan, context)
  return {
    ...stream,
    async *read(scan, context) {
      try {
        for await (const item of read(scan, context)) {
          look?.(item, { doing, stream, scan })
          yield item
        }
      } catch (error) {
        throw thrown(error, doing)
      }
    },
    ...(checkAsked && {
      checkAsked: guardOf(wrapping)(`checking what is asked of ${name}`, (asked, context) =>
        checkAsked.call(stream, asked, context),
      ),
    }),
    ...(count && {
      count: guardOf(wrapping)(`counting ${name}`, async (scan, context) => {
        const rows = await count.call(stream, scan, context)
        wrapping.counted?.(rows, `counting ${name}`)
        return rows
      }),
    }),
  }
}

function wrapObject(object: DestinationObject, wrapping: Wrapping, late: LateRequests): DestinationObject {
  const { name, settle, readBack } = object
  const guard = guardOf(wrapping)
  const [writing, settling, readingBack] = [`writing ${name}`, `settling a job of ${name}`, `reading ${name} back`]
  const whole = <C extends Context, T>(
    { doing, context, takeBack }: { readonly doing: string; readonly context: C; readonly takeBack?: TakeBack },
    work: (context: C) => Promise<T>,
  ): Promise<T> =>
    wrapping.forgotten
      ? withoutForgotten(context.signal, (signal) => work({ ...context, ...handedClients(context), signal }), {
          flaw: wrapping.forgotten(doing),
          late: (error) => late.hear(error, takeBack),
        })
      : work(context)
  return {
    ...object,
    write: guard(writing, async (changes, given) => {
      const believed = believer()
      const takeBack: TakeBack = (error) => believed?.(wrapping.thrown(error, writing)) ?? false
      const saveReceipt = async (receipt: Json) => {
        wrapping.receipt?.(receipt, writing)
        await given.saveReceipt(receipt)
      }
      const answer = await believing(takeBack, () =>
        whole({ doing: writing, context: { ...given, saveReceipt }, takeBack }, (context) =>
          object.write(changes, context),
        ),
      )
      return wrapping.results(answer, writing)
    }),
    ...(settle && {
      settle: guard(settling, async (receipt, context) => {
        const answer = await whole({ doing: settling, context }, (own) => settle.call(object, receipt, own))
        const results = wrapping.results(answer, writing)
        const { changes, host } = context
        if (changes) wrapping.settled?.(results, { doing: settling, changes: changes.length, host })
        return results
      }),
    }),
    // What the vendor holds is data.
    ...(readBack && {
      readBack: guard(readingBack, async (changes, context) => {
        const held = await whole({ doing: readingBack, context }, (own) => readBack.call(object, changes, own))
        wrapping.held?.(held, readingBack, changes.length)
        return held
      }),
    }),
  }
}

const guardOf =
  ({ thrown }: Wrapping) =>
  <Args extends readonly unknown[], Result>(doing: string, work: (...args: Args) => Promise<Result>) =>
  async (...args: Args): Promise<Result> => {
    try {
      return await work(...args)
    } catch (error) {
      throw thrown(error, doing)
    }
  }
