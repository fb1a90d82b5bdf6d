import { MillraceError, type Host, type Scan, type ScanItem, type Stream } from 'millrace'
import type { AppApi } from './client.ts'
import type { List } from './list-pages.ts'
import { peopleOptions, readPeopleStream } from './read-people-stream.ts'
import { exportDocs } from './people-export.ts'
import { activityDocs, activityOverlapMs, readActivities } from './read-activities.ts'
import { readChildStream, type ChildList } from './read-child-stream.ts'
import { dayMs, deliveryDocs, deliveryOptions, readDeliveries, rereadDays } from './read-deliveries.ts'
import { readListStream } from './read-list-stream.ts'
import { countMembers, membershipOf } from './segment-membership.ts'
import {
  activityColumns,
  automationColumns,
  broadcastActionColumns,
  campaignActionColumns,
  collectionColumns,
  deliveryColumns,
  membershipColumns,
  newsletterColumns,
  newsletterContentColumns,
  peopleColumns,
  segmentColumns,
  senderColumns,
  snippetColumns,
  topicColumns,
  transactionalColumns,
  type Columns,
} from './stream-columns.ts'

export type Source = {
  /** null: the connection has no key for the App API, and its streams can be described, but not read. */
  readonly app: AppApi | null
  readonly host: Host
  readonly pageRows: number
  readonly pollMs: number
}

type Reading = { readonly app: AppApi; readonly scan: Scan; readonly signal: AbortSignal }

type Definition = Pick<Stream, 'name' | 'docs' | 'key' | 'columns'> &
  Partial<
    Pick<
      Stream,
      | 'enumerates'
      | 'fullEveryMs'
      | 'heedsStart'
      | 'appendOnly'
      | 'overlapMs'
      | 'boundedBy'
      | 'options'
      | 'pageRows'
      | 'parts'
    >
  > & {
    readonly read: (source: Source, reading: Reading) => AsyncGenerator<ScanItem>
    readonly count?: (reading: Reading) => Promise<number>
  }

const api = 'https://docs.customer.io/integrations/api/app/tag'

/** `page`: where it is described. Its records mostly stand under the last word of its path. */
const list = (path: string, page: string, of: Partial<Pick<List, 'records' | 'query'>> = {}): List => ({
  path,
  docs: `${api}/${page}/`,
  records: path.slice(path.lastIndexOf('/') + 1),
  ...of,
})

const segments = list('segments', 'segments/listSegments')
const campaigns = list('campaigns', 'campaigns/listCampaigns')
const broadcasts = list('broadcasts', 'broadcasts/listBroadcasts')
const newsletters = list('newsletters', 'newsletters/listNewsletters', { query: { limit: 100 } })

/** Every scan lists everything, whatever the sync's `start` says, so that what is not listed any more is gone with every run. */
const listsAll = { enumerates: true, fullEveryMs: 0, heedsStart: false } as const

function whole(name: string, of: List, columns: Columns, key: readonly string[] = ['id']): Definition {
  const read: Definition['read'] = (_source, { app, ...reading }) => readListStream(app, of, reading)
  return { name, docs: of.docs, key, columns, ...listsAll, read }
}

function children(
  name: string,
  of: ChildList,
  columns: Columns,
  key: readonly string[] = [of.column, 'id'],
): Definition {
  const read: Definition['read'] = (_source, { app, ...reading }) => readChildStream(app, of, reading)
  return { name, docs: of.listOf(0).docs, key, columns, ...listsAll, read }
}

/** A log of which only so much may be shown: what is not among it is not gone. */
const showsLatest = { enumerates: false } as const

const definitions: readonly Definition[] = [
  {
    name: 'people',
    docs: exportDocs,
    key: ['cio_id'],
    columns: peopleColumns,
    ...listsAll,
    options: peopleOptions,
    pageRows: 20_000,
    read: ({ host, pollMs }, { app, scan, signal }) => readPeopleStream({ app, host, pollMs, signal }, scan),
  },
  whole('segments', segments, segmentColumns),
  {
    name: 'segment_membership',
    docs: `${api}/segments/getSegmentMembership/`,
    key: ['segment_id', 'cio_id'],
    columns: membershipColumns,
    ...listsAll,
    pageRows: 1000,
    read: ({ pageRows }, { app, ...reading }) => readChildStream(app, membershipOf(segments, pageRows), reading),
    count: ({ app, signal }) => countMembers(app, segments, signal),
  },
  whole('campaigns', campaigns, automationColumns),
  children(
    'campaign_actions',
    {
      parents: campaigns,
      column: 'campaign_id',
      listOf: (id) => list(`campaigns/${id}/actions`, 'campaigns/listCampaignActions'),
    },
    campaignActionColumns,
  ),
  whole('broadcasts', broadcasts, automationColumns),
  children(
    'broadcast_actions',
    {
      parents: broadcasts,
      column: 'broadcast_id',
      listOf: (id) => list(`broadcasts/${id}/actions`, 'broadcasts/listBroadcastActions'),
    },
    broadcastActionColumns,
  ),
  whole('newsletters', newsletters, newsletterColumns),
  children(
    'newsletter_contents',
    {
      parents: newsletters,
      column: 'newsletter_id',
      listOf: (id) => list(`newsletters/${id}/contents`, 'newsletter-variants/listNewsletterVariants'),
    },
    newsletterContentColumns,
  ),
  {
    name: 'deliveries',
    docs: deliveryDocs,
    key: ['id'],
    columns: deliveryColumns,
    parts: { customer_identifiers: ['customer_id', 'recipient'] },
    ...showsLatest,
    overlapMs: rereadDays * dayMs,
    boundedBy: 'created',
    options: deliveryOptions,
    pageRows: 1000,
    read: ({ pageRows }, { app, ...reading }) => readDeliveries(app, { ...reading, pageRows }),
  },
  {
    name: 'activities',
    docs: activityDocs,
    key: ['id'],
    columns: activityColumns,
    parts: { customer_identifiers: ['customer_id'] },
    ...showsLatest,
    appendOnly: true,
    overlapMs: activityOverlapMs,
    read: ({ pageRows, host }, { app, ...reading }) => readActivities(app, { ...reading, pageRows, host }),
  },
  whole(
    'sender_identities',
    list('sender_identities', 'sender-identities/listSenders', { query: { limit: 100 } }),
    senderColumns,
  ),
  whole('snippets', list('snippets', 'snippets/listSnippets'), snippetColumns, ['name']),
  whole('collections', list('collections', 'collections/getCollections'), collectionColumns),
  whole(
    'transactional_messages',
    list('transactional', 'transactional/listTransactional', { records: 'messages' }),
    transactionalColumns,
  ),
  whole(
    'subscription_topics',
    list('subscription_topics', 'subscription-center/getTopics', { records: 'topics' }),
    topicColumns,
  ),
]

export const streamNames: readonly string[] = definitions.map(({ name }) => name)

export const streamOptions = Object.fromEntries(
  definitions.flatMap(({ name, options }) => (options ? [[name, options]] : [])),
)

export function describeStreams(source: Source): readonly Stream[] {
  return definitions.map(({ read, count, ...definition }) => ({
    // No stamp of the last change that tells of every change: a row's version is the time of its request.
    order: 'none',
    lagMs: 0,
    overlapMs: 0,
    children: [],
    ...definition,
    async *read(scan, { signal }) {
      yield* read(source, { app: confirmApp(source), scan, signal })
    },
    ...(count && {
      count: (scan: Scan, { signal }: { readonly signal: AbortSignal }) =>
        count({ app: confirmApp(source), scan, signal }),
    }),
  }))
}

function confirmApp({ app }: Source): AppApi {
  if (app) return app
  throw new MillraceError('MR-1202', {
    message: 'Reading from Customer.io: the connection has no app_api_key.',
    kept: 'Nothing was read.',
    next: "Make an App API key (Settings → Account settings → API credentials → App API keys) and set the connection's app_api_key: '${env:CIO_APP_KEY}'.",
  })
}
