/** Rows that come inside others: each set of them is complete, or rows that are gone would stay. */
import assert from 'node:assert/strict'
import type { Json, JsonObject } from '../../model/json.ts'
import type { ChildStream, Stream } from '../contract.ts'
import { openStream } from './open-stream.ts'
import { rowsIn } from './read-steps.ts'
import type { StreamOptions } from './source-cases.ts'
import type { Stage } from './stage.ts'
import type { Case } from './test-runner.ts'

export const childrenCases = ({ name, heldAs = {} }: StreamOptions): readonly Case<Stage>[] => [
  {
    name: 'says of every row what is inside it, also where that is nothing',
    async run(stage) {
      const { stream, steps, scan } = await openStream(stage, name)
      if (stream.children.length === 0) return noChildren
      const read = await steps(await scan())
      const parents = rowsIn(read, name).map((row) => parentKey(stream, row))
      for (const child of stream.children) {
        const told = new Set(
          read.flatMap((step) => (step.kind === 'rows' && step.stream === child.name ? (step.parents ?? []) : [])),
        )
        const untold = parents.filter((key) => !told.has(key))
        assert.deepEqual(
          untold.slice(0, 3),
          [],
          `${untold.length} of ${parents.length} rows came, and no batch of ${child.name} names them among its \`parents\`: what they had and have no more would stay`,
        )
      }
    },
  },
  {
    name: 'brings every row inside others that the vendor holds',
    async run(stage) {
      const { stream, steps, scan } = await openStream(stage, name)
      if (stream.children.length === 0) return noChildren
      const untried: string[] = []
      const read = await steps(await scan())
      const came = new Set(rowsIn(read, name).map((row) => parentKey(stream, row)))
      for (const child of stream.children) {
        const held = await heldInside(stage, {
          stream,
          child,
          type: heldAs.type,
          within: heldAs.children?.[child.name],
        })
        if (!held) {
          untried.push(
            `where the simulator holds ${child.name} is not told: heldAs: { children: { ${child.name}: 'its field in the row' } }`,
          )
          continue
        }
        const brought = countBy(rowsIn(read, child.name).map((row) => textOf(row[child.parent])))
        const due = [...held].filter(([parent]) => came.has(parent))
        const short = due.filter(([parent, rows]) => (brought.get(parent) ?? 0) !== rows)
        const [parent, rows] = short[0] ?? []
        assert(
          short.length === 0,
          `${child.name}: of ${short.length} of ${held.size} other rows came than the vendor holds: of ${parent} ${brought.get(parent ?? '') ?? 0} instead of ${rows}`,
        )
        // It names them in other words, or holds none: nothing was compared.
        if (!due.some(([, rows]) => rows > 0))
          untried.push(`no ${child.name} that the simulator shows is of a row of ${name} that came`)
      }
      return untried.length === 0 ? undefined : untried.join('; ')
    },
  },
]

type Held = {
  readonly stream: Stream
  readonly child: ChildStream
  readonly type: string | undefined
  /** The field of the row's record that holds the list. undefined: a type by the child's name does. */
  readonly within: string | undefined
}

/** Key of the row → how many are inside it. undefined: the simulator shows none of either. */
async function heldInside(
  { vendor }: Stage,
  { stream, child, type, within }: Held,
): Promise<ReadonlyMap<string, number> | undefined> {
  if (within === undefined) {
    const own = await vendor.show(child.name)
    return own && countBy(own.map((record) => textOf(record[child.parent])))
  }
  const outer = await vendor.show(type ?? stream.name)
  if (!outer) return undefined
  const lists = outer.map((record): [string, number] => [parentKey(stream, record), listOf(record[within])])
  assert(
    lists.some(([, rows]) => rows > 0),
    `no record of the simulator has a list in ${within}, where ${child.name} is to be`,
  )
  return new Map(lists)
}

const listOf = (value: Json | undefined): number => (Array.isArray(value) ? value.length : 0)

/** As `parents` have it: of several fields the last. */
const parentKey = ({ key }: Stream, row: JsonObject): string => textOf(row[key.at(-1) ?? ''])

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null))

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}

const noChildren = 'nothing comes inside its rows'
