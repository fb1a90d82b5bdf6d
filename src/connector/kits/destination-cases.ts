/** What every object does: the same thing again is the same state, and each row hears what became of itself. */
import assert from 'node:assert/strict'
import type { Change, Fields, Operation, WriteResult } from '../../model/change.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import { cutBatches } from './cut-batches.ts'
import { optionNames } from '../option-flaw.ts'
import { onObject } from './open-object.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { KitVendor, Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export type ObjectOptions = {
  readonly object: string
  /** One of the object's match fields. */
  readonly match: string
  /** The n-th record, from 0, its match field included. Another `version` has other values in at least one field. */
  readonly fields: (n: number, version: number) => Fields
  /** Has the vendor refuse this one change: sets a fault, or gives it a value that the vendor does not take. */
  readonly refuse: (vendor: KitVendor, change: Change) => Promise<Change>
  /** The simulator's type that holds the records. @default the object's name */
  readonly heldAs?: string
  /** Is this record a deleted one, where the vendor keeps them? @default none is */
  readonly isGone?: (record: JsonObject) => boolean
  /** What a record of the simulator has in the object's fields, its match field among them. @default the record itself */
  readonly fieldsOf?: (record: JsonObject) => JsonObject
  /** Fields that the simulator does not show as they were sent. @default none */
  readonly unseen?: readonly string[]
  /** Bytes that a request may have on the wire. @default the object's batch.bytes */
  readonly maxRequestBytes?: number
  /** The sync's `options`. @default none */
  readonly options?: JsonObject
  /** So many rows make the object begin a job, where it has `settle`. @default batch.rows, at most 2,500 */
  readonly jobRows?: number
  /** Requests that only read, though they are no GET: tested against `POST /path`. `preview` does not show them. @default none */
  readonly reads?: RegExp
  /** @default 'upsert' where the object offers it, else its first operation */
  readonly op?: Operation
  /** Fields that `clear` and `set` are tried with. @default those that have another value in another version */
  readonly clears?: readonly string[]
}

export const objectDiscoveryCases = ({ object, match }: ObjectOptions): readonly Case<Stage>[] => [
  {
    name: 'discovers the same objects each time, and brings the one that is asked for',
    async run({ connector, open }) {
      const { opened } = await open()
      assert(opened.objects, 'the connector has no objects')
      const all = JSON.stringify(await opened.objects({ signal }))
      assert.equal(JSON.stringify(await (await open()).opened.objects?.({ signal })), all)
      const [asked, ...others] = await opened.objects({ names: [object], signal })
      assert.equal(asked?.name, object)
      assert.deepEqual(others, [])
      if (connector.objectOptions)
        assert.deepEqual(Object.keys(connector.objectOptions[object]?.shape ?? {}), optionNames(asked), 'its options')
      assert(match in asked.match, `${match} is not among its match fields`)
      assert(asked.operations.length > 0 && asked.batch.rows > 0 && asked.batch.bytes > 0)
    },
  },
]

export function objectCases(options: ObjectOptions): readonly Case<Stage>[] {
  const on = onObject(options)
  return [
    {
      name: 'taken twice is taken once',
      run: on(async ({ object, change, write, held }) => {
        if (object.delivery !== 'idempotent') return 'it declares at_least_once'
        const changes = [change(0), change(1)]
        assert.deepEqual(await write(changes), [ok, ok])
        const once = await held()
        assert.deepEqual(await write(changes), [ok, ok])
        assert.deepEqual(await held(), once)
      }),
    },
    {
      name: 'the last value of a key stands, even where it is an old one again',
      run: on(async ({ inserts, change, write, held }) => {
        if (inserts) return 'an insert leaves what was made as it was made'
        await write([change(0, 0)])
        const first = await held()
        await write([change(0, 1)])
        assert.notDeepEqual(await held(), first, 'another version left the vendor as it was: do its fields differ?')
        await write([change(0, 0)])
        assert.deepEqual(await held(), first)
      }),
    },
    {
      name: 'a partial failure blames the right row, and the others are there',
      run: on(async ({ change, write, held }, { vendor }) => {
        const bad = await options.refuse(vendor, change(2))
        const results = await write([change(0), change(1), bad, change(3)])
        assert.deepEqual(
          results.map(({ outcome }) => outcome),
          ['ok', 'ok', 'rejected', 'ok'],
        )
        assert(results[2]?.outcome === 'rejected' && results[2].code !== '' && results[2].message !== '')
        const others = await held()
        await write([change(0), change(1), change(3)])
        assert.deepEqual(await held(), others)
      }),
    },
    {
      name: 'an empty batch has an empty answer',
      run: on(async ({ write }) => {
        assert.deepEqual(await write([]), [])
      }),
    },
    {
      name: 'batches at the limit of rows and of bytes are taken whole',
      run: on(async ({ object, change, write }, { requests }) => {
        await requests()
        const changes = Array.from({ length: Math.min(object.batch.rows + 1, maxRows) }, (_, n) => change(n))
        for (const batch of cutBatches(object, changes)) {
          const results = await write(batch)
          assert.deepEqual(
            results.find(({ outcome }) => outcome !== 'ok'),
            undefined,
          )
        }
        const most = options.maxRequestBytes ?? object.batch.bytes
        const large = (await requests()).find(({ bodyBytes }) => bodyBytes > most)
        assert.equal(
          large,
          undefined,
          `${large?.method} ${large?.path} has ${large?.bodyBytes} bytes, more than ${most}`,
        )
      }),
    },
    {
      name: 'what was sent and not answered is settled by sending it again',
      run: on(async ({ inserts, change, write, held }, { vendor }) => {
        const changes = [change(0), change(1), change(2)]
        if (!inserts) await write([change(0, 1)])
        await vendor.setFault('reset_after', { times: 1, match: '^(?!GET )[A-Z]+ ' })
        const unsure = await settled(write(changes))
        assert(
          unsure.every(({ outcome }) => outcome === 'ok' || outcome === 'unknown'),
          JSON.stringify(unsure),
        )
        await vendor.setFault('reset_after', null)
        assert.deepEqual(await write(changes), [ok, ok, ok])
        const state = await held()
        await write(changes)
        assert.deepEqual(await held(), state)
      }),
    },
    {
      name: 'a vendor that does not answer is never taken for one that did',
      run: on(async ({ change, write }, { vendor }) => {
        for (const fault of ['reset_before', 'html', 'cut_json', 'error_200']) {
          await vendor.setFault(fault, { times: 'always', match: '^(?!GET )[A-Z]+ ' })
          const results = await settled(write([change(0), change(1)]))
          assert(!results.some(({ outcome }) => outcome === 'ok'), `${fault}: ${JSON.stringify(results)}`)
          await vendor.setFault(fault, null)
        }
      }),
    },
    {
      name: 'an update never creates',
      run: on(async ({ object, change, write, held }) => {
        if (!object.operations.includes('update')) return 'it has no update'
        const before = await held()
        const [result] = await write([change(99, 0, 'update')])
        assert(result?.outcome === 'absent' || result?.outcome === 'ok', JSON.stringify(result))
        assert.deepEqual(await held(), before)
      }),
    },
    {
      name: 'what is deleted is gone, and deleting it again is no failure',
      run: on(async ({ object, change, write, held }) => {
        if (!object.operations.includes('delete')) return 'it has no delete'
        const before = await held()
        await write([change(0)])
        assert.deepEqual(await write([change(0, 0, 'delete')]), [ok])
        assert.equal((await held()).length, before.length)
        const [again] = await write([change(0, 0, 'delete')])
        assert(again?.outcome === 'absent' || again?.outcome === 'ok', JSON.stringify(again))
      }),
    },
    {
      name: 'what preview shows is what is sent',
      run: on(async ({ object, change, write }, { requests }) => {
        const changes = [change(0), change(1)]
        const previewed = object.preview(changes, { ...options.options, match: options.match })
        assert(previewed.length > 0, 'it previews nothing')
        await requests()
        await write(changes)
        const sent = (await requests())
          .filter(({ method, path }) => method !== 'GET' && !options.reads?.test(`${method} ${path}`))
          .map(({ method, path, body }) => JSON.stringify([method, path, asJson(body)]))
        const shown = previewed.map(({ method, path, body }) => JSON.stringify([method, path, body]))
        assert.deepEqual(sent.toSorted(), shown.toSorted())
      }),
    },
    {
      name: 'a job that a dead run began is settled by its receipt, and answers for each row; asked twice it says the same',
      run: on(async ({ object, change, context, held }) => {
        if (!object.settle) return 'it has no jobs that outlive a request'
        const rows = options.jobRows ?? Math.min(object.batch.rows, maxRows)
        const changes = Array.from({ length: rows }, (_, n) => change(n))
        const receipts: Json[] = []
        const saveReceipt = async (receipt: Json) => void receipts.push(receipt)
        const written = await object.write(changes, context({ saveReceipt }))
        const receipt = receipts.at(-1)
        assert(receipt !== undefined, `it saved no receipt for ${rows} rows`)
        const state = await held()
        for (let times = 0; times < 2; times++) {
          assert.deepEqual(await object.settle(receipt, { ...context(), changes }), written)
          assert.deepEqual(await held(), state)
        }
        // Sent by another machine: only the job must end.
        await object.settle(receipt, { ...context(), changes: null })
      }),
    },
    {
      name: 'a job whose run died as soon as its receipt was saved does nothing more once it is settled',
      run: on(async ({ object, change, context, held }) => {
        if (!object.settle) return 'it has no jobs that outlive a request'
        const rows = options.jobRows ?? Math.min(object.batch.rows, maxRows)
        const changes = Array.from({ length: rows }, (_, n) => change(n))
        let receipt: Json = null
        const writing = object.write(changes, context({ saveReceipt: async (given) => dieWith((receipt = given)) }))
        await assert.rejects(writing)
        const results = await object.settle(receipt, { ...context(), changes })
        assert.equal(results.length, changes.length, 'one result per change')
        const state = await held()
        await new Promise((resolve) => setTimeout(resolve, 300))
        assert.deepEqual(await held(), state)
      }),
    },
    {
      name: 'what it reads back is what was written, and null where nothing is',
      run: on(async ({ object, change, write, context }) => {
        if (!object.readBack) return 'it cannot read back'
        const changes = [change(0, 1), change(1)]
        await write(changes)
        const [first, second, missing] = await object.readBack([...changes, change(98)], context())
        for (const [at, held] of [first, second].entries())
          for (const [name, value] of Object.entries(changes[at]?.fields ?? {}))
            if (held && name in held) assert.equal(String(held[name]), String(value), name)
        assert(first && Object.keys(first).length > 1, JSON.stringify(first))
        assert.equal(missing, null)
      }),
    },
    {
      name: 'stops within 5 s when it is told to, though the vendor hangs',
      run: on(async ({ change, write }, stage) => {
        await stage.vendor.setFault('hang', { times: 'always' })
        await stage.requests()
        const abort = new AbortController()
        const writing = stage.failureOf(throwFailure(write([change(0)], abort.signal)))
        while ((await stage.requests()).length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
        const began = performance.now()
        abort.abort()
        await writing
        assert(performance.now() - began < 5000, 'it went on for more than 5 s')
      }),
    },
  ]
}

/** A `write` may say what ended it beside the rows that it did not hear of, too. */
async function throwFailure(writing: Promise<readonly WriteResult[]>): Promise<void> {
  for (const result of await writing) if (result.outcome === 'unknown' && result.failure) throw result.failure
}

/** A request that failed whole has told nothing of its rows. */
async function settled(writing: Promise<readonly WriteResult[]>): Promise<readonly WriteResult[]> {
  try {
    return await writing
  } catch (error) {
    return [{ outcome: 'unknown', message: String(error) }]
  }
}

/** As after a kill: whatever comes after the receipt does not happen. */
async function dieWith(receipt: Json): Promise<never> {
  throw new MillraceError('MR-7001', { message: `the run died with the receipt ${JSON.stringify(receipt)} saved` })
}

function asJson(body: string | null): Json {
  if (body === null) return null
  const value: Json = JSON.parse(body)
  return value
}

const ok: WriteResult = { outcome: 'ok' }
const signal = new AbortController().signal
const maxRows = 2500
