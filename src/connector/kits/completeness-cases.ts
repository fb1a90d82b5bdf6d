/** Nothing is left out: what comes is held against what the simulator shows, and against the connector's own count. */
import assert from 'node:assert/strict'
import type { JsonObject } from '../../model/json.ts'
import { openStream } from './open-stream.ts'
import { keyText, type Row, type Step } from './read-steps.ts'
import { instantOf, type StreamOptions } from './source-cases.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export const completenessCases = ({ name, heldAs = {} }: StreamOptions): readonly Case<Stage>[] => [
  {
    name: 'brings every record that the vendor holds',
    async run(stage) {
      const type = heldAs.type ?? name
      const held = await stage.vendor.show(type)
      if (!held) return `the simulator shows no ${type}`
      const { stream, steps, scan } = await openStream(stage, name)
      const { key, version } = stream
      const identified = held.filter((record) => key.length > 0 && key.every((field) => isThere(record, field)))
      if (identified.length === 0) return `the simulator’s ${type} shows no key of it`
      const whole = await scan()
      const isDue = (record: JsonObject) => {
        const at = version === undefined ? null : instantOf(record[version])
        return (heldAs.only?.(record) ?? true) && (at === null || at < Date.parse(whole.to))
      }
      const due = identified.filter(isDue)
      assert(due.length > 0, 'no record of the simulator is due: what heldAs.only takes has to come')
      const came = new Set(rowsOf(await steps(whole), name).map((row) => keyText(row, key)))
      const missing = due.filter((record) => !came.has(keyText(record, key)))
      assert.deepEqual(
        missing.slice(0, 3).map((record) => keyText(record, key)),
        [],
        `${missing.length} of ${due.length} records did not come, ${keyText(missing[0] ?? {}, key)} for one`,
      )
    },
  },
  {
    name: 'counts as many records as it brings',
    async run(stage) {
      const { stream, steps, scan, count } = await openStream(stage, name)
      if (!stream.count) return 'it has no count'
      const whole = await scan()
      const counted: unknown = await count(whole)
      const rows = rowsOf(await steps(whole), name).length
      assert.equal(counted, rows, `it counts ${String(counted)}, and ${rows} rows came`)
    },
  },
]

/** Those that are told to be gone are told of, too. */
const rowsOf = (steps: readonly Step[], table: string): readonly Row[] =>
  steps.flatMap((step) => (step.kind === 'rows' && step.stream === table ? [...step.rows, ...step.gone] : []))

const isThere = (record: JsonObject, field: string) => record[field] !== undefined && record[field] !== null
