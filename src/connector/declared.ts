import type { z } from 'zod'
import { MillraceError } from '../model/millrace-error.ts'
import type {
  ConnectorDefinition,
  ObjectDefinition,
  OpenContext,
  OpenedConnector,
  Stream,
  StreamDefinition,
} from './contract.ts'
import type { CountDeclaration, ListDeclaration } from './list-declaration.ts'
import type { DestinationObject } from './destination.ts'
import type { Context } from './context.ts'
import { allMembers } from './all-members.ts'
import { declaredObject, declaredStream } from './definition-forms.ts'
import { handedClients } from './handed-clients.ts'
import type { Host, Http } from './host.ts'
import { httpOfNobody } from './http-of-nobody.ts'
import { onceOnly } from './once-only.ts'
import { boundsOf, readList } from './read-list.ts'
import { recordRequests } from './record-requests.ts'
import { valueAt } from './value-at.ts'

/** Opens a connector of the declarative form: `http`, `streams`, `objects`. */
export async function openDeclared<Config extends z.ZodObject>(
  definition: ConnectorDefinition<Config>,
  { config, host }: OpenContext<z.output<Config>>,
): Promise<OpenedConnector> {
  const options = definition.http?.({ config })
  const http = options ? host.http(options) : httpOfNobody(definition.name)
  const own = ({ signal }: { readonly signal: AbortSignal }): Context => ({ signal, http, host })
  const streams = Object.entries(definition.streams ?? {}).map(([name, each]) =>
    openStream(name, allMembers(each, declaredStream), http, host),
  )
  const objects = Object.entries(definition.objects ?? {}).map(([name, each]) =>
    openObject(name, allMembers(each, declaredObject), http, host),
  )
  return {
    check: async (context) => await definition.check?.(own(context)),
    account: async (context) =>
      definition.account ? await definition.account(own(context)) : (options?.baseUrl ?? definition.name),
    ...(definition.rowsAreOfAccount !== undefined && { rowsAreOfAccount: definition.rowsAreOfAccount }),
    streams: async ({ names }) =>
      // A child comes with its parent.
      streams.filter(
        ({ name, children }) =>
          names?.some((each) => each === name || children.some((child) => child.name === each)) ?? true,
      ),
    streamNames: async () => streamNamesOf(definition.streams),
    objects: async ({ names }) => objects.filter((object) => names?.includes(object.name) ?? true),
  }
}

/** With those of the streams that come inside others. */
export const streamNamesOf = (streams: ConnectorDefinition<z.ZodObject>['streams']): readonly string[] =>
  Object.entries(streams ?? {}).flatMap(([name, { children = [] }]) => [name, ...children.map((child) => child.name)])

function openStream(name: string, definition: StreamDefinition, http: Http, host: Host): Stream {
  const { list, read, count, ...rest } = definition
  const readRows = read ?? (list ? (scan, context) => readList({ ...rest, name }, list, scan, context) : undefined)
  if (!readRows) {
    throw new MillraceError('MR-1401', {
      message: `The stream ${name} has neither \`list\` nor \`read\`: there is no way to read it.`,
      next: 'Give it one of the two.',
    })
  }
  const countRows = typeof count === 'object' ? countBy({ ...rest, name }, count, list?.sinceFormat) : count
  const boundedBy = rest.boundedBy ?? (list?.since && list.until ? (rest.version ?? list.since) : undefined)
  return {
    ...rest,
    ...(boundedBy === undefined ? {} : { boundedBy }),
    // A list is never asked by it.
    ...(list && !read && { resumesAs: rest.resumesAs ?? JSON.stringify(list), heedsStart: rest.heedsStart ?? false }),
    name,
    lagMs: rest.lagMs ?? 0,
    overlapMs: rest.overlapMs ?? 0,
    children: rest.children ?? [],
    // Whoever calls gives the signal; the client is this connector's own.
    read: (scan, { signal }) => readRows(scan, { signal, ...handedClients({ http, host }) }),
    ...(countRows ? { count: (scan, { signal }) => countRows(scan, { signal, http, host }) } : {}),
  }
}

const countBy =
  (
    stream: Pick<Stream, 'name' | 'docs' | 'enumerates'>,
    count: CountDeclaration,
    sinceFormat: ListDeclaration['sinceFormat'],
  ): NonNullable<Stream['count']> =>
  async (scan, { http, signal }) => {
    const { name, docs } = stream
    const query = boundsOf(stream, { ...count, sinceFormat }, scan)
    const answer = await http.get(count.path, { signal, query, docs })
    const value = valueAt(answer, count.value)
    const rows = typeof value === 'string' && value !== '' ? Number(value) : value
    if (typeof rows === 'number' && Number.isSafeInteger(rows) && rows >= 0) return rows
    throw new MillraceError('MR-3005', {
      message: `Counting ${name}: GET ${count.path} has no count at “${count.value}”, but ${JSON.stringify(value) ?? 'nothing'}.`,
      next: `Compare with ${docs}`,
    })
  }

function openObject(name: string, definition: ObjectDefinition, http: Http, host: Host): DestinationObject {
  const clients = { http, host }
  return {
    ...definition,
    name,
    write: (changes, context) => {
      const own = handedClients(clients)
      return definition.write(changes, {
        ...context,
        ...own,
        ...(changes.some(({ optsIn }) => optsIn) && { http: onceOnly(own.http) }),
      })
    },
    preview: definition.preview ?? ((changes, options) => recordRequests(definition, changes, options)),
    ...(definition.settle
      ? { settle: (receipt, context) => settleWith(definition, receipt, { ...context, ...handedClients(clients) }) }
      : {}),
    ...(definition.readBack
      ? {
          readBack: async (changes, context) =>
            (await definition.readBack?.(changes, { ...context, ...handedClients(clients) })) ?? [],
        }
      : {}),
  }
}

async function settleWith(
  definition: ObjectDefinition,
  ...[receipt, context]: Parameters<NonNullable<DestinationObject['settle']>>
): ReturnType<NonNullable<DestinationObject['settle']>> {
  return (await definition.settle?.(receipt, context)) ?? []
}
