import { createHash } from 'node:crypto'
import type { StreamConfig } from '../config/project.ts'
import { heededStart } from './heeded-start.ts'
import type { StreamPlan } from './resolve-streams.ts'
import type { TableShape } from './table-shape.ts'

/** Of all options by which rows and values are chosen, but for `start`: what was read by others is to be read again. */
export const digestOf = (plan: StreamPlan): string => hashOf(chosenBy(plan, null))

/**
 * Of a scan, and of what the connector's resume points mean: one that was begun by others would leave rows of both kinds, or miss
 * some. `start` is null where the bounds are others' to say: in a part of a backfill.
 */
export const scanDigestOf = (plan: StreamPlan, start: string | null): string =>
  hashOf([...chosenBy(plan, start), ...(plan.stream.resumesAs === undefined ? [] : [plan.stream.resumesAs])])

function chosenBy({ config, shape, children, stream, leftOut }: StreamPlan, start: string | null): readonly unknown[] {
  const { where, query, options, include, exclude } = config
  return [
    heededStart(stream, start),
    where,
    query,
    stream.source ?? null,
    Object.entries(options).toSorted(byName),
    include?.toSorted() ?? null,
    exclude.toSorted(),
    masksIn(config, shape),
    children.map(({ child, config: own, shape: has }) => [
      child.name,
      own.include?.toSorted() ?? null,
      own.exclude.toSorted(),
      masksIn(own, has),
      ...maskedAlike(own, has),
    ]),
    // Where nothing is left out it is what it was before histories were looked at.
    ...(leftOut && leftOut.fields.length > 0
      ? [leftOut.by.include?.toSorted() ?? null, leftOut.by.exclude.toSorted()]
      : []),
  ]
}

const hashOf = (chosen: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(chosen)).digest('hex').slice(0, 16)

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** As the parent's key: in a scan of before it stood in clear. */
const maskedAlike = ({ mask }: StreamConfig, { columns }: TableShape): readonly string[] =>
  columns.flatMap(({ field, mask: how }) => (how && !Object.hasOwn(mask, field) ? [`${field} ${how}`] : []))

/** A history is masked by the options of its records. */
const masksIn = ({ mask }: StreamConfig, { columns }: TableShape) => [
  Object.entries(mask)
    .map(([field, how]) => `${field} ${how}`)
    .toSorted(),
  columns.flatMap(({ maskBy }) => (maskBy ? [maskBy.masks] : [])),
]
