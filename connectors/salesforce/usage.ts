import type { Host } from 'millrace'

/** Says once when most of the day's requests are used: `api-usage=18/5000`. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm */
export function watchUsage(host: Pick<Host, 'warn'>): { readonly saw: (header: string | null) => void } {
  let warned = false
  return {
    saw(header) {
      const match = /api-usage=(\d+)\/(\d+)/.exec(header ?? '')
      if (!match || warned) return
      const [used, limit] = [Number(match[1]), Number(match[2])]
      if (limit === 0 || used / limit < warnFrom) return
      warned = true
      host.warn(
        `Salesforce: ${used} of the org’s ${limit} API requests of 24 hours are used (${Math.floor((used / limit) * 100)} %); at the limit it refuses everybody, not only millrace`,
      )
    },
  }
}

const warnFrom = 0.8
