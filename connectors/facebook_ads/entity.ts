import type { LogicalType } from 'millrace'
import { adColumns, adSetColumns, audienceColumns, campaignColumns, creativeColumns } from './entity-columns.ts'
import type { Edge } from './sdk.ts'

/** What an ad account has, listed whole at every scan: what is not listed is gone. */
export type Entity = {
  readonly name: string
  readonly docs: string
  readonly edge: Edge
  readonly columns: { readonly [field: string]: LogicalType }
  /** All that may be asked for, so that archived ones come too. null: the edge takes none. */
  readonly statuses: readonly string[] | null
  readonly pageRows: number
}

const liveAndGone = ['ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'IN_PROCESS', 'WITH_ISSUES']
const adSetStatuses = [...liveAndGone, 'CAMPAIGN_PAUSED']

/** By level, for reports: without them neither archived nor deleted ones come. */
export const statusesOf = {
  campaign: liveAndGone,
  adset: adSetStatuses,
  ad: [...adSetStatuses, 'ADSET_PAUSED', 'DISAPPROVED', 'PENDING_BILLING_INFO', 'PENDING_REVIEW', 'PREAPPROVED'],
} as const

/** For the lists, which refuse to be asked for deleted ones. https://developers.facebook.com/docs/marketing-api/best-practices/manage-your-ad-object-status */
export const listedStatuses = (level: keyof typeof statusesOf): readonly string[] =>
  statusesOf[level].filter((status) => status !== 'DELETED')

export const entities: readonly Entity[] = [
  {
    name: 'campaigns',
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/campaigns/',
    edge: 'campaigns',
    columns: campaignColumns,
    statuses: listedStatuses('campaign'),
    pageRows: 200,
  },
  {
    name: 'adsets',
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/adsets/',
    edge: 'adsets',
    columns: adSetColumns,
    statuses: listedStatuses('adset'),
    pageRows: 100,
  },
  {
    name: 'ads',
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/ads/',
    edge: 'ads',
    columns: adColumns,
    statuses: listedStatuses('ad'),
    pageRows: 100,
  },
  {
    name: 'creatives',
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/adcreatives/',
    edge: 'adcreatives',
    columns: creativeColumns,
    statuses: null,
    pageRows: 50,
  },
  {
    name: 'custom_audiences',
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/customaudiences/',
    edge: 'customaudiences',
    columns: audienceColumns,
    statuses: null,
    pageRows: 100,
  },
]
