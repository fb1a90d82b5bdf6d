import type { GraphApi } from './client.ts'
import { listedStatuses } from './entity.ts'
import { readWhole } from './list-page.ts'

/** Ids of the campaigns of an account, archived ones too; deleted ones are in no list. https://developers.facebook.com/docs/marketing-api/reference/ad-account/campaigns/ */
export async function listCampaigns(api: GraphApi, account: string, signal: AbortSignal): Promise<readonly string[]> {
  const campaigns = await readWhole(api, {
    label: `GET /${account}/campaigns`,
    docs: 'https://developers.facebook.com/docs/marketing-api/reference/ad-account/campaigns/',
    signal,
    send: (sdk, after) =>
      sdk.edge(account, 'campaigns', ['id'], {
        limit: 500,
        effective_status: [...listedStatuses('campaign')],
        ...after,
      }),
  })
  return campaigns.map(({ id }) => String(id))
}
