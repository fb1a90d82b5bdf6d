/** What each operation may do, and may not: an insert changes nothing that stands, what is for records that stand makes none. */
import assert from 'node:assert/strict'
import type { Change } from '../../model/change.ts'
import type { JsonObject } from '../../model/json.ts'
import type { DestinationObject } from '../destination.ts'
import type { ObjectOptions } from './destination-cases.ts'
import { isAsSent, keyOf, wireOf } from './field-cases.ts'
import { onObject, type ObjectOnStage } from './open-object.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export function operationCases(options: ObjectOptions): readonly Case<Stage>[] {
  const { match, fieldsOf = (record) => record, unseen = [] } = options
  const on = onObject(options)
  const recordOf = async ({ object, held }: ObjectOnStage, key: string): Promise<JsonObject | undefined> =>
    (await held()).map((record) => fieldsOf(record)).find((record) => keyOf(record, options, object) === key)
  /** Fields with another value in another version, as far as the simulator shows them. */
  const differing = ({ change }: ObjectOnStage) => {
    const [before, after] = [change(0, 0).fields, change(0, 1).fields]
    return Object.keys(after).filter(
      (field) =>
        field !== match && !unseen.includes(field) && !isAsSent(before[field] ?? null, wireOf(after[field] ?? null)),
    )
  }
  /** One record, made by an operation that makes some; undefined: nothing does. */
  const make = async ({ object, change, write }: ObjectOnStage): Promise<Change | undefined> => {
    const op = (['upsert', 'insert'] as const).find((each) => object.operations.includes(each))
    if (!op) return undefined
    const made = change(0, 0, op)
    assert.equal((await write([made]))[0]?.outcome, 'ok', 'the first record could not be made')
    return made
  }

  return [
    {
      name: 'an insert changes nothing that stands',
      run: on(async (stage) => {
        const { object, change, write, held } = stage
        if (!object.operations.includes('insert')) return 'it has no insert'
        await make(stage)
        const before = await held()
        const [result] = await write([change(0, 1, 'insert')])
        assert(result?.outcome === 'ok' || result?.outcome === 'rejected', JSON.stringify(result))
        const after = new Set((await held()).map((record) => JSON.stringify(record)))
        const changed = before.filter((record) => !after.has(JSON.stringify(record)))
        assert.deepEqual(changed.slice(0, 1), [], 'an insert of a key that stands has changed its record')
      }),
    },
    ...(['clear', 'set'] as const).map((op): Case<Stage> => ({
      name: `${op === 'clear' ? 'what is cleared is empty' : 'what is set has its values'}, and a record that is not there is not made`,
      run: on(async (stage) => {
        const { object, change, write, held } = stage
        if (!object.operations.includes(op)) return `it has no ${op}`
        const fields = options.clears ?? differing(stage).filter((field) => op === 'set' || mayBeEmptied(object, field))
        if (fields.length === 0)
          return `no field of it ${op === 'clear' ? 'that may be emptied ' : ''}has another value in another version`
        const made = await make(stage)
        if (!made) return 'it makes no records that could be changed'
        const leaving = (n: number) => leave(change(n, 1, op), object.identity ?? [match], fields)
        assert.equal((await write([leaving(0)]))[0]?.outcome, 'ok')
        const record = await recordOf(stage, made.key)
        assert(record, `${made.key} was to be changed, and is gone`)
        const asked = leaving(0).fields
        for (const field of fields)
          assert(
            isAsSent(asked[field] ?? null, record[field]),
            `${made.key} ${field}: asked for ${JSON.stringify(asked[field])}, held ${JSON.stringify(record[field])}`,
          )
        const before = await held()
        const [missing] = await write([leaving(97)])
        assert(missing?.outcome === 'absent' || missing?.outcome === 'ok', JSON.stringify(missing))
        assert.deepEqual(await held(), before)
      }),
    })),
    {
      name: 'what may be set only where it is empty stays where it is not',
      run: on(async (stage) => {
        const { object, change, write } = stage
        if (!object.setIfEmpty || !object.operations.includes('upsert')) return 'it has no setIfEmpty of an upsert'
        const fields = differing(stage)
        if (fields.length === 0) return 'no field of it has another value in another version'
        const made = await make(stage)
        assert(made)
        const [result] = await write([{ ...change(0, 1, 'upsert'), setIfEmpty: fields }])
        assert.equal(result?.outcome, 'ok', JSON.stringify(result))
        const record = await recordOf(stage, made.key)
        for (const field of fields)
          assert(
            isAsSent(made.fields[field] ?? null, record?.[field]),
            `${made.key} ${field}: it had ${JSON.stringify(made.fields[field])}, and has ${JSON.stringify(record?.[field])}`,
          )
      }),
    },
  ]
}

/** Not an opt-out: one that is taken back is an opt-in. Nor what may not be null, which a run never sends. */
const mayBeEmptied = (object: DestinationObject, name: string): boolean => {
  const field = object.fields[name]
  return !isOptOut(object, name) && !(typeof field === 'object' && field.nullable === false)
}

const isOptOut = ({ fields, otherFields = [] }: DestinationObject, name: string): boolean => {
  const field = fields[name]
  if (field !== undefined) return typeof field === 'object' && field.optOut === true
  return otherFields.some(({ pattern, optOut }) => optOut === true && pattern.test(name))
}

/** What leaves a model comes with the fields that name it, and with what is to be emptied or set. */
function leave(change: Change, named: readonly string[], fields: readonly string[]): Change {
  const given = (field: string) => change.fields[field] ?? null
  return {
    ...change,
    fields: Object.fromEntries([
      ...named.map((field) => [field, given(field)]),
      ...fields.map((field) => [field, change.op === 'clear' ? null : given(field)]),
    ]),
  }
}
