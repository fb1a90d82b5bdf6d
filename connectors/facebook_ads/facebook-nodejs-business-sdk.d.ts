/** The SDK has no types of its own. Only what sdk.ts uses. */
declare module 'facebook-nodejs-business-sdk' {
  type Params = { [name: string]: unknown }

  export class FacebookAdsApi {
    static _encodeParams(params: Params): string
    constructor(accessToken: string, locale?: string, crashLog?: boolean)
    call: (method: string, path: string | string[], params?: Params) => Promise<unknown>
  }
  class Crud {
    constructor(id: string | null, data?: Params, parentId?: string, api?: FacebookAdsApi)
    get(fields: string[], params?: Params): Promise<unknown>
  }
  export class User extends Crud {
    getAdAccounts(fields: string[], params?: Params): Promise<unknown>
  }
  export class AdAccount extends Crud {
    getCampaigns(fields: string[], params?: Params): Promise<unknown>
    getAdSets(fields: string[], params?: Params): Promise<unknown>
    getAds(fields: string[], params?: Params): Promise<unknown>
    getAdCreatives(fields: string[], params?: Params): Promise<unknown>
    getCustomAudiences(fields: string[], params?: Params): Promise<unknown>
    getInsightsAsync(fields: string[], params?: Params): Promise<unknown>
  }
  export class AdReportRun extends Crud {
    getInsights(fields: string[], params?: Params): Promise<unknown>
  }
}
