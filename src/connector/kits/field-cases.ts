/** What the vendor holds after a write is what was asked, field by field; what was not asked stays as it was. */
import assert from 'node:assert/strict'
import type { Change, FieldValue } from '../../model/change.ts'
import type { Json, JsonObject } from '../../model/json.ts'
import type { DestinationObject } from '../destination.ts'
import type { ObjectOptions } from './destination-cases.ts'
import { normalise, onObject, type ObjectOnStage } from './open-object.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export function fieldCases(options: ObjectOptions): readonly Case<Stage>[] {
  const { match, fieldsOf = (record) => record, unseen = [] } = options
  const on = onObject(options)
  const shown = async ({ held }: ObjectOnStage) => (await held()).map((record) => fieldsOf(record))
  return [
    {
      name: 'the vendor holds each field as it was sent',
      run: on(async (stage) => {
        const { object, inserts, change, write } = stage
        for (const version of inserts ? [0] : [1, 0]) {
          const changes = [change(0, version), change(1, version)]
          await write(changes)
          const records = await shown(stage)
          if (!records.some((record) => match in record))
            return `the simulator shows no ${match}: give fieldsOf, which has it of a record`
          for (const each of changes) {
            const record = records.find((one) => keyOf(one, options, object) === each.key)
            assert(record, `${each.key} was written, and no record has it`)
            for (const [field, value] of Object.entries(each.fields)) {
              if (field === match || unseen.includes(field)) continue
              assert(
                isAsSent(value, record[field]),
                `${each.key} ${field}: sent ${JSON.stringify(value)}, held ${JSON.stringify(record[field])}`,
              )
            }
          }
        }
      }),
    },
    {
      name: 'fields that were not sent stay as they were, opt-outs first of all',
      run: on(async (stage) => {
        const { object, inserts, change, write } = stage
        if (inserts) return 'an insert leaves what was made as it was made'
        const before = (await shown(stage)).filter((record) => isNamed(record[match]))
        const standing = before.find((record) => isOptedOut(record, object)) ?? before[0]
        if (!standing) return `the simulator shows no ${match} of a record that stands`
        const model = change(0, 1)
        const key = keyOf(standing, options, object)
        const asked: Change = { ...model, key, fields: { ...model.fields, [match]: standing[match] ?? null } }
        const [result] = await write([asked])
        assert.equal(result?.outcome, 'ok', JSON.stringify(result))
        const after = (await shown(stage)).find((record) => keyOf(record, options, object) === key)
        assert(after, `${key} stood there, and is gone`)
        for (const field of Object.keys(object.fields))
          if (!(field in asked.fields) && !unseen.includes(field))
            assert.deepEqual(after[field], standing[field], `${key} ${field} was not sent, and is another`)
      }),
    },
  ]
}

export const keyOf = (record: JsonObject, { match }: ObjectOptions, object: DestinationObject): string =>
  normalise(textOf(record[match]), object.match[match]?.normalise)

function isOptedOut(record: JsonObject, { fields }: DestinationObject): boolean {
  return Object.entries(fields).some(
    ([name, field]) => typeof field === 'object' && field.optOut === true && record[name] === true,
  )
}

/** Nothing, by whatever sign; numbers by their digits; else the same. */
export const isAsSent = (sent: FieldValue, held: Json | undefined): boolean => textOf(wireOf(sent)) === textOf(held)

export function wireOf(sent: FieldValue): Json {
  const wire: Json = JSON.parse(JSON.stringify(sent))
  return wire
}

const textOf = (value: Json | undefined): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '')
const isNamed = (value: Json | undefined) => textOf(value) !== ''
