import { keptBefore, MillraceError, type Host } from 'millrace'

/** The org's API requests of 24 hours, which all its programs share. */
export type Quota = {
  /** `api-usage=18/5000`. https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm */
  readonly saw: (header: string | null) => void
  /** Before a request that reads. Writes go on to the limit: an opt-out does not wait for a quota. @throws MillraceError MR-3006 */
  readonly check: () => void
}

export type QuotaLimits = { readonly quota_per_run: string; readonly quota_in_all: string }

export function watchQuota(host: Pick<Host, 'warn'>, { quota_per_run, quota_in_all }: QuotaLimits): Quota {
  let own = 0
  let seen: { readonly used: number; readonly limit: number } | null = null
  let warned = false
  // In whole numbers: 7 % of 100 would be more than 7.
  const isOver = (count: number, limit: number, share: string) =>
    limit > 0 && count * 100 >= limit * Number.parseInt(share, 10)

  return {
    saw(header) {
      own++
      const match = /api-usage=(\d+)\/(\d+)/.exec(header ?? '')
      if (!match) return
      seen = { used: Number(match[1]), limit: Number(match[2]) }
      if (warned || !isOver(seen.used, seen.limit, warnFrom)) return
      warned = true
      host.warn(`Salesforce: ${usageText(seen)}; at the limit it refuses everybody, not only millrace`)
    },
    check() {
      if (!seen) return
      if (isOver(seen.used, seen.limit, quota_in_all))
        throw usedUp(`${usageText(seen)}, and reading may go up to ${quota_in_all} (quota_in_all)`, 'quota_in_all')
      if (isOver(own, seen.limit, quota_per_run))
        throw usedUp(
          `this run has made ${own} of the ${seen.limit} API requests of 24 hours, and a run may make ${quota_per_run} of them (quota_per_run)`,
          'quota_per_run',
        )
    },
  }
}

const usageText = ({ used, limit }: { readonly used: number; readonly limit: number }) =>
  `${used} of the org’s ${limit} API requests of 24 hours are used (${Math.floor((used / limit) * 100)} %)`

const usedUp = (what: string, key: string) =>
  new MillraceError('MR-3006', {
    message: `Reading Salesforce stops here: ${what}.`,
    kept: keptBefore,
    next: [
      'Run again later: what was used 24 hours ago comes free as time goes on.',
      `Or raise ${key} of the connection, if the org’s other programs can spare it.`,
    ],
  })

const warnFrom = '80%'
