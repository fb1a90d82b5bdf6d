/** The SQL that asks for the cost of a run. Whoever waits for it may have to wake the warehouse first. */
import type { CostRequest } from '../cost-request.ts'
import { snowflakeDialect as dialect } from './dialect.ts'

type Run = Pick<CostRequest, 'runId' | 'startedAt' | 'finishedAt' | 'now'>

/**
 * https://docs.snowflake.com/en/sql-reference/functions/query_history: the limit counts before WHERE does, so that the time is
 * narrowed, and what is not of the run is counted, too.
 */
export function recentStatements(run: Run): string {
  const { from, to } = rangeOf(run)
  const until = to === null ? '' : `END_TIME_RANGE_END => ${to}, `
  return (
    `SELECT ${isOwn(run)} AS is_own, IFF(${isOwn(run)}, ${purpose}, NULL) AS purpose, ${sums} ` +
    `FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY(END_TIME_RANGE_START => ${from}, ${until}RESULT_LIMIT => 10000)) GROUP BY 1, 2`
  )
}

/** https://docs.snowflake.com/en/sql-reference/account-usage/query_history: a year; it lags by up to 45 minutes. */
export const statementsOfTheYear = (run: Run): string =>
  `SELECT TRUE AS is_own, ${purpose} AS purpose, ${sums} FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_HISTORY WHERE ${whereOf(run)} GROUP BY 1, 2`

/** https://docs.snowflake.com/en/sql-reference/account-usage/query_attribution_history: nothing of 100 ms or less, and no idle time. */
export const attributedCredits = (run: Run): string =>
  `SELECT ${purpose} AS purpose, SUM(CREDITS_ATTRIBUTED_COMPUTE) AS credits ` +
  `FROM SNOWFLAKE.ACCOUNT_USAGE.QUERY_ATTRIBUTION_HISTORY WHERE ${whereOf(run)} GROUP BY 1`

const sums =
  'COUNT(*) AS statements, SUM(EXECUTION_TIME) AS milliseconds, SUM(BYTES_SCANNED) AS bytes, SUM(CREDITS_USED_CLOUD_SERVICES) AS credits'

const purpose = `NVL(TRY_PARSE_JSON(QUERY_TAG):purpose::VARCHAR, '')`

/** A tag is one JSON object without spaces: `client/query-tag.ts`. */
const isOwn = ({ runId }: Run): string =>
  `NVL(CONTAINS(QUERY_TAG, ${dialect.text(`"run":${JSON.stringify(runId)}`)}), FALSE)`

function whereOf(run: Run): string {
  const { from, to } = rangeOf(run)
  return `END_TIME >= ${from}${to === null ? '' : ` AND END_TIME <= ${to}`} AND ${isOwn(run)}`
}

/** Clocks differ a little, and what ends a run comes after its record. No end lies in the future. */
function rangeOf({ startedAt, finishedAt, now }: Run): { readonly from: string; readonly to: string | null } {
  const instant = (ms: number) => `${dialect.text(new Date(ms).toISOString())}::TIMESTAMP_LTZ`
  const end = finishedAt === null ? Infinity : Date.parse(finishedAt) + marginMs
  return { from: instant(Date.parse(startedAt) - marginMs), to: end < now.getTime() ? instant(end) : null }
}

const marginMs = 10 * 60_000
