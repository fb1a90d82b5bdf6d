import { createHash } from 'node:crypto'
import type { StreamConfig } from '../config/project.ts'
import { heededStart } from './heeded-start.ts'
import type { StreamPlan, TableShape } from './resolve-streams.ts'

/**
 * Of all options by which rows and values are chosen, and of what the connector's resume points mean: a scan that was begun by
 * others would leave rows of both kinds, or miss some. `start` is null where the bounds are others' to say: in a part of a backfill.
 */
export function digestOf({ config, shape, children, stream }: StreamPlan, start: string | null): string {
  const { where, query, options, include, exclude } = config
  const chosen = [
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
    ]),
    ...(stream.resumesAs === undefined ? [] : [stream.resumesAs]),
  ]
  return createHash('sha256').update(JSON.stringify(chosen)).digest('hex').slice(0, 16)
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : a > b ? 1 : 0

/** A history is masked by the options of its records. */
const masksIn = ({ mask }: StreamConfig, { columns }: TableShape) => [
  Object.entries(mask)
    .map(([field, how]) => `${field} ${how}`)
    .toSorted(),
  columns.flatMap(({ maskBy }) => (maskBy ? [maskBy.masks] : [])),
]
