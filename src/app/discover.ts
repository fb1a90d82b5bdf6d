/** What a connection offers, live. Writes nothing. */
import type { ChildStream, OpenedConnector, Stream } from '../connector/contract.ts'
import type { DestinationObject } from '../connector/destination.ts'
import { offeredStreams } from '../connector/offered-streams.ts'
import { usualMode } from '../etl/resolve-streams.ts'
import { columnNames } from '../model/column-name.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { DeleteKind, Discovered, DiscoveredObject, DiscoveredStream } from '../model/discovery.ts'
import { MillraceError } from '../model/millrace-error.ts'

type Asked = { readonly connection: string; readonly wanted: string | undefined; readonly signal: AbortSignal }

/** Streams with those that come inside them, then objects. `wanted`: of this name only. @throws MillraceError MR-1208 */
export async function discover(connector: OpenedConnector, asked: Asked): Promise<readonly Discovered[]> {
  const { wanted, signal } = asked
  const names = wanted === undefined ? {} : { names: [wanted] }
  const streams = (await connector.streams?.({ ...names, signal })) ?? []
  const objects = (await connector.objects?.({ ...names, signal })) ?? []
  const found = [
    ...streams.flatMap((stream) => [
      describeStream(stream),
      ...stream.children.map((child) => describeChild(stream, child)),
    ]),
    ...objects.map(describeObject),
  ].filter(({ name }) => wanted === undefined || name === wanted)
  if (wanted !== undefined && found.length === 0) throw await unknownName(connector, { ...asked, wanted })
  return found
}

function describeStream(stream: Stream): DiscoveredStream {
  const { name, docs, key, columns, order, version, boundedBy, lagMs, overlapMs, fullEveryMs, deletedWhen } = stream
  const mode = usualMode(stream)
  return {
    type: 'stream',
    name,
    docs,
    key,
    cursor: {
      version: version ?? null,
      order,
      bounded_by: boundedBy ?? null,
      lag_seconds: lagMs / 1000,
      overlap_seconds: overlapMs / 1000,
      full_every_seconds: fullEveryMs === undefined || fullEveryMs === Infinity ? null : fullEveryMs / 1000,
    },
    mode,
    fields: { ...columns },
    columns: Object.fromEntries(columnNames(Object.keys(columns))),
    deletes: deletesOf(stream, mode),
    deleted_field: deletedWhen?.column ?? null,
    calculated: stream.calculated ?? [],
    counts: stream.count !== undefined,
    inside: null,
  }
}

function deletesOf({ deletedWhen, enumerates }: Stream, mode: string): readonly DeleteKind[] {
  const found: DeleteKind[] = []
  const isPartial = deletedWhen?.isPartial === true
  if (deletedWhen && !isPartial) found.push('flagged')
  // Where there may be no reconciliation, nobody finds the others.
  if (isPartial && enumerates !== false) found.push('partly_flagged')
  if (mode === 'full_refresh' || mode === 'replace_window') found.push('replaced')
  else if (enumerates) found.push('unlisted')
  if (found.length > 0) return found
  if (mode === 'append') return ['never']
  return enumerates === false ? ['told'] : []
}

function describeChild(parent: Stream, { name, docs, key, columns }: ChildStream): DiscoveredStream {
  return {
    ...describeStream(parent),
    name,
    docs,
    key,
    mode: 'merge',
    fields: { ...columns },
    columns: Object.fromEntries(columnNames(Object.keys(columns))),
    deletes: ['with_parent'],
    deleted_field: null,
    calculated: [],
    counts: false,
    inside: parent.name,
  }
}

function describeObject({ name, docs, match, operations, delivery, fields }: DestinationObject): DiscoveredObject {
  const typed = Object.entries(fields).map(
    ([field, type]) => [field, typeof type === 'string' ? { type, optOut: false } : type] as const,
  )
  return {
    type: 'object',
    name,
    docs,
    key: Object.keys(match),
    operations,
    delivery,
    fields: Object.fromEntries(typed.map(([field, { type }]) => [field, type])),
    opt_outs: typed.filter(([, { optOut }]) => optOut).map(([field]) => field),
  }
}

async function unknownName(
  connector: OpenedConnector,
  { connection, wanted, signal }: Asked & { readonly wanted: string },
): Promise<MillraceError> {
  const names = [
    ...(await offeredStreams(connector, { signal })),
    // To describe them all is a request each.
    ...((await connector.objectNames?.({ signal })) ??
      (await connector.objects?.({ signal }))?.map(({ name }) => name) ??
      []),
  ]
  const near = didYouMean(wanted, names)
  const why = connector.whyNoStream?.(wanted) ?? null
  return new MillraceError('MR-1208', {
    message: `${connection} has no stream and no object \`${wanted}\`${why === null ? '' : `: ${why}`}`,
    next: [...(near ? [`Did you mean \`${near}\`?`] : []), `millrace connection discover ${connection}`],
  })
}
