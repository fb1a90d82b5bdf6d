import type { GraphApi } from './client.ts'
import { listedStatuses } from './entity.ts'
import { nextAfter, parseRows, readList, type ListPage } from './list-page.ts'

/** Ids of the campaigns of an account, archived ones too; deleted ones are in no list. https://developers.facebook.com/docs/marketing-api/reference/ad-account/campaigns/ */
export async function listCampaigns(api: GraphApi, account: string, signal: AbortSignal): Promise<readonly string[]> {
  const ids: string[] = []
  let after: string | null = null
  do {
    const at: string | null = after
    const page: ListPage = await api.ask({
      label: `GET /${account}/campaigns`,
      docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/campaigns/',
      signal,
      send: (sdk) =>
        sdk.edge(account, 'campaigns', ['id'], {
          limit: 500,
          effective_status: [...listedStatuses('campaign')],
          ...(at !== null && { after: at }),
        }),
      read: readList,
    })
    ids.push(...parseRows(page.lines).map((row) => String(row['id'])))
    after = nextAfter(page, at)
  } while (after !== null)
  return ids
}
