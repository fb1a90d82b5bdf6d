/** What every stream does. Plays on a small world that stands still, so that two passes can be compared row by row. */
import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../model/json.ts'
import type { LogicalType } from '../../model/logical-type.ts'
import type { Stream } from '../contract.ts'
import { optionNames } from '../option-flaw.ts'
import { fitsType } from './fits-type.ts'
import { openStream } from './open-stream.ts'
import { keysOf, keyText, mergeSteps, rowsIn, wholeOfIn, type Row } from './read-steps.ts'
import { isSameValue } from './same-value.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export type StreamOptions = {
  readonly name: string
  /** Lists everything at every scan, whatever its bounds: a cursor in the future brings rows too. @default false */
  readonly isAlwaysFull?: boolean
  /**
   * The simulator's `type` that holds the rows; columns that it holds in other words; which of its records a pass over everything
   * brings; of each child stream the field of a record that holds its rows as a list. @default the stream's name, none, all, a type
   * by the child's name
   */
  readonly heldAs?: {
    readonly type?: string
    readonly except?: readonly string[]
    readonly only?: (record: JsonObject) => boolean
    readonly children?: { readonly [child: string]: string }
  }
}

export const discoveryCases: readonly Case<Stage>[] = [
  {
    name: 'discovers the same streams each time',
    async run({ connector, open }) {
      const { opened } = await open()
      const again = (await open()).opened
      assert(opened.streams, 'the connector has no streams')
      const facts = async (of: typeof opened) =>
        JSON.stringify((await of.streams?.({ signal: never })) ?? [], withoutFunctions)
      assert.equal(await facts(again), await facts(opened))
      assert.equal(await facts(opened), await facts(opened))
      const streams = await opened.streams({ signal: never })
      // A child is a stream by its name, and comes with its parent.
      const names = streams.flatMap(({ name, children }) => [name, ...children.map((child) => child.name)])
      assert.equal(new Set(names).size, names.length, 'two streams have one name')
      const listed = await opened.streamNames?.({ signal: never })
      if (listed) assert.deepEqual([...listed].sort(), names.sort())
      for (const stream of connector.streamOptions ? streams : [])
        assert.deepEqual(
          Object.keys(connector.streamOptions?.[stream.name]?.shape ?? {}),
          optionNames(stream),
          `the options of ${stream.name}`,
        )
    },
  },
]

export function streamCases({ name, isAlwaysFull = false, heldAs = {} }: StreamOptions): readonly Case<Stage>[] {
  return [
    {
      name: 'brings records that match the declared columns, each key once',
      async run(stage) {
        const { stream, steps, scan } = await openStream(stage, name)
        const read = await steps(await scan())
        assert(
          read.some((step) => step.kind === 'rows' && step.rows.length > 0),
          'the simulator has no row of it',
        )
        for (const [table, columns] of columnsOf(stream)) {
          const key = keysOf(stream)(table)
          const rows = rowsIn(read, table)
          const needed = table === name && stream.version !== undefined ? [...key, stream.version] : key
          for (const row of rows) checkRow(`${table} ${keyText(row, key)}`, row, columns, needed)
          const keys = rows.map((row) => keyText(row, key))
          assert.equal(new Set(keys).size, keys.length, `${table}: ${firstTwice(keys)} comes twice in one pass`)
        }
      },
    },
    {
      name: 'reads the same rows twice',
      async run(stage) {
        const { stream, steps, scan } = await openStream(stage, name)
        const once = mergeSteps(await steps(await scan()), keysOf(stream))
        assert.deepEqual(mergeSteps(await steps(await scan()), keysOf(stream)), once)
      },
    },
    {
      name: 'brings the same whatever the start of a sync, where it says so',
      async run(stage) {
        const { stream, steps, scan } = await openStream(stage, name)
        if (stream.heedsStart !== false) return 'it heeds the start of a sync'
        const whole = await scan()
        const begun = await steps({ ...whole, start: whole.to })
        assert.deepEqual(mergeSteps(begun, keysOf(stream)), mergeSteps(await steps(whole), keysOf(stream)))
      },
    },
    {
      name: 'goes on from every checkpoint to the same rows',
      async run(stage) {
        const { stream, steps, scan } = await openStream(stage, name)
        const whole = await scan({ whole: true })
        const read = await steps(whole)
        const once = mergeSteps(read, keysOf(stream))
        const wholeOf = wholeOfIn(read)
        let checkpoints = 0
        for (const [index, step] of read.entries()) {
          if (step.kind !== 'checkpoint') continue
          checkpoints++
          // Another process: nothing is left but what was committed.
          const { steps: resume } = await openStream(stage, name)
          const rest = await resume({ ...whole, resume: step.resume })
          const stitched = mergeSteps([...read.slice(0, index), ...rest], keysOf(stream))
          const where = `resumed at checkpoint ${checkpoints}: ${JSON.stringify(step.resume)}`
          assert.deepEqual(stitched, once, where)
          // Nothing else is known of it by then: rows of accounts that were not read would be taken for gone.
          assert.deepEqual(wholeOfIn(rest), wholeOf, `${where}: its last checkpoint has another \`wholeOf\``)
        }
        assert(
          checkpoints > 0 || read.length <= 1,
          `${read.length} batches and no checkpoint: a killed run begins again`,
        )
      },
    },
    {
      name: 'brings nothing from a cursor in the future',
      async run(stage) {
        if (isAlwaysFull) return 'it lists everything at every scan'
        const { steps, scan } = await openStream(stage, name)
        const day = 86_400_000
        const now = (await stage.vendor.now()).getTime()
        const [from, to] = [day, 2 * day].map((ahead) => new Date(now + ahead).toISOString())
        const read = await steps(await scan({ from: from ?? null, to: to ?? '', full: false }))
        const rows = read.flatMap((step) => (step.kind === 'rows' ? [...step.rows, ...step.gone] : []))
        assert.deepEqual(rows.slice(0, 1), [])
      },
    },
    {
      name: 'reads in two parts what it reads as a whole',
      async run(stage) {
        const { stream, steps, scan } = await openStream(stage, name)
        const { boundedBy } = stream
        if (boundedBy === undefined) return 'it cannot be cut by time'
        const whole = await scan()
        const read = await steps(whole)
        const instants = rowsIn(read, name).flatMap((row) => instantOf(row[boundedBy]) ?? [])
        const middle = [...new Set(instants)].sort((a, b) => a - b).at(-1)
        if (middle === undefined || instants.every((at) => at === middle)) return 'its rows are all of one moment'
        const cut = new Date(middle).toISOString()
        const before = await steps({ ...whole, to: cut })
        const after = await steps({ ...whole, from: cut })
        assert.deepEqual(mergeSteps([...before, ...after], keysOf(stream)), mergeSteps(read, keysOf(stream)))
        for (const row of rowsIn(after, name)) {
          const at = instantOf(row[boundedBy])
          // Vendors of whole seconds bring the second that the bound is in.
          assert(
            at === null || at > middle - 1000,
            `${boundedBy} ${String(row[boundedBy])} came though it is before ${cut}`,
          )
        }
        assert(
          rowsIn(before, name).length < rowsIn(read, name).length,
          'it brings everything, whatever the upper bound',
        )
      },
    },
    {
      name: 'brings values back as the vendor holds them: digits, instants, every letter',
      async run(stage) {
        const held = await stage.vendor.show(heldAs.type ?? name)
        if (!held) return `the simulator shows no ${heldAs.type ?? name}`
        const { stream, steps, scan } = await openStream(stage, name)
        const records = new Map(held.map((record) => [keyText(record, stream.key), record]))
        let compared = 0
        for (const row of rowsIn(await steps(await scan()), name)) {
          const record = records.get(keyText(row, stream.key))
          if (!record) continue
          for (const [column, type] of Object.entries(stream.columns)) {
            const value = record[column]
            if (value === undefined || heldAs.except?.includes(column) || !(column in row)) continue
            const read = row[column] ?? null
            assert(
              isSameValue(type, value, read),
              `${keyText(row, stream.key)} ${column}: held ${JSON.stringify(value)}, read ${JSON.stringify(read)}`,
            )
            compared++
          }
        }
        assert(compared > 0, 'no value of a row could be compared with what the simulator holds')
      },
    },
    {
      name: 'holds no more than a bounded batch, and asks for no more while nobody takes it',
      async run(stage) {
        const { items, scan } = await openStream(stage, name)
        let requests = 0
        for await (const item of items(await scan())) {
          if (item.kind === 'checkpoint') continue
          const size = item.kind === 'lines' ? item.lines.byteLength : 0
          const rows = item.kind === 'records' ? item.records.length : item.kind === 'lines' ? item.rows : 0
          assert(rows <= maxBatchRows, `a batch of ${rows} rows in memory; spool a file instead`)
          assert(size <= maxBatchBytes, `a batch of ${size} bytes in memory; spool a file instead`)
          if (requests++ > 0) continue
          await stage.requests()
          await pause(150)
          const ahead = (await stage.requests()).length
          assert(
            ahead <= maxRequestsAhead,
            `${ahead} requests while the consumer was busy: the stream reads ahead without bound`,
          )
        }
      },
    },
    {
      name: 'stops within 5 s when it is told to, though the vendor hangs',
      async run(stage) {
        const { items, scan } = await openStream(stage, name)
        const whole = await scan()
        await stage.vendor.setFault('hang', { times: 'always' })
        await stage.requests()
        const abort = new AbortController()
        const reading = stage.failureOf(drain(items(whole, abort.signal)))
        const asked = await waitForRequest(stage)
        assert(asked, 'it read without asking the vendor')
        const began = performance.now()
        abort.abort()
        await reading
        assert(performance.now() - began < 5000, 'it went on for more than 5 s')
        await pause(100)
        assert.deepEqual((await stage.requests()).length, 0, 'it asked the vendor again after it was stopped')
      },
    },
  ]
}

/** Fields that are not declared stay behind at the vendor; those that are have the declared type. */
function checkRow(where: string, row: Row, columns: Columns, needed: readonly string[]): void {
  for (const field of needed) assert(!isNothing(row[field]), `${where}: ${field} is null`)
  for (const [field, type] of Object.entries(columns)) {
    const value = row[field] ?? null
    assert(fitsType(value, type), `${where}: ${field} is a ${type}, and brought ${JSON.stringify(value).slice(0, 200)}`)
  }
}

function columnsOf(stream: Stream): readonly (readonly [string, Columns])[] {
  return [
    [stream.name, stream.columns],
    ...stream.children.map(({ name, columns }): [string, Columns] => [name, columns]),
  ]
}

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _item of items) continue
  assert.fail('it came to its end')
}

async function waitForRequest({ requests }: Stage): Promise<boolean> {
  for (let tries = 0; tries < 100; tries++) {
    if ((await requests()).length > 0) return true
    await pause(20)
  }
  return false
}

/** Unix seconds, or an ISO instant, also with an offset without a colon. */
export function instantOf(value: Json | undefined): number | null {
  const at =
    typeof value === 'number' ? value * 1000 : Date.parse(String(value ?? '').replace(/([+-]\d\d)(\d\d)$/, '$1:$2'))
  return Number.isNaN(at) ? null : at
}

type Columns = { readonly [field: string]: LogicalType }

const isNothing = (value: Json | undefined) => value === null || value === undefined || value === ''
const firstTwice = (keys: readonly string[]) => keys.find((key, index) => keys.indexOf(key) !== index)
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
/** A schema of options is told by its class; what it checks is not compared. */
const withoutFunctions = (_name: string, value: unknown) => (typeof value === 'function' ? 'function' : value)
const never = new AbortController().signal
const maxBatchRows = 10_000
const maxBatchBytes = 32 * 1024 * 1024
const maxRequestsAhead = 10
