import assert from 'node:assert/strict'
import type { Change, Operation, WriteResult } from '../../model/change.ts'
import type { JsonObject } from '../../model/json.ts'
import type { DestinationObject, WriteContext } from '../destination.ts'
import { optionFlaw } from '../option-flaw.ts'
import type { ObjectOptions } from './destination-cases.ts'
import type { Stage } from './stage.ts'

export type ObjectOnStage = {
  readonly object: DestinationObject
  /** `change` inserts: what was made stays as it was made. */
  readonly inserts: boolean
  readonly change: (n: number, version?: number, op?: Operation) => Change
  /** One result per change, or it is no answer. */
  readonly write: (changes: readonly Change[], signal?: AbortSignal) => Promise<readonly WriteResult[]>
  /** What the object gets beside its changes; `over` lies on top. */
  readonly context: (over?: Partial<WriteContext>) => WriteContext
  /** Everything of this type that the vendor holds, but for what is deleted. */
  readonly held: () => Promise<readonly JsonObject[]>
}

async function openObject({ open, vendor }: Stage, options: ObjectOptions): Promise<ObjectOnStage> {
  const { opened, host } = await open()
  const [object] = (await opened.objects?.({ names: [options.object], signal: never })) ?? []
  assert(object, `objects({ names: ['${options.object}'] }) does not bring it`)
  const flaw = optionFlaw(object, options.options ?? {})
  assert(flaw === null, `no sync could give these options: ${flaw}`)
  const { match } = options
  const standard = options.op ?? (object.operations.includes('upsert') ? 'upsert' : object.operations[0])
  assert(standard, 'it has no operation')
  const contextOf = (over: Partial<WriteContext> = {}): WriteContext => ({
    ...host.context(over.signal ?? never),
    match,
    options: options.options ?? {},
    saveReceipt: async () => undefined,
    ...over,
  })
  return {
    object,
    inserts: standard === 'insert',
    context: contextOf,
    change: (n, version = 0, op = standard) => {
      const fields = options.fields(n, version)
      const key = normalise(String(fields[match]), object.match[match]?.normalise)
      return { op, key, fields, previous: null, idempotencyKey: `kit:${op}:${key}:${version}` }
    },
    write: async (changes, signal = never) => {
      const results = await object.write(changes, contextOf({ signal }))
      assert.equal(results.length, changes.length, 'one result per change')
      return results
    },
    held: async () => {
      const records = (await vendor.show(options.heldAs ?? options.object)) ?? []
      return records.filter((record) => !options.isGone?.(record))
    },
  }
}

/** The `run` of a case: on the object, opened anew. */
export const onObject =
  (options: ObjectOptions) =>
  (run: (on: ObjectOnStage, stage: Stage) => Promise<string | void>) =>
  async (stage: Stage): Promise<string | void> =>
    run(await openObject(stage, options), stage)

export function normalise(key: string, how: 'exact' | 'trim' | 'lower' | undefined): string {
  if (how === 'lower') return key.trim().toLowerCase()
  return how === 'trim' ? key.trim() : key
}

const never = new AbortController().signal
