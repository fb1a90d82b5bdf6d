/**
 * What a run cost, by its query tag. What the role may not see is a note, never an error. The history of the last seven days
 * is told at once, by a table function; older statements, and the credits of any, by views that lag by hours.
 */
import type { CostFigures, RunCost } from '../../model/run-cost.ts'
import { MillraceError } from '../../model/millrace-error.ts'
import type { TextRow } from '../../model/text-row.ts'
import type { CostRequest } from '../cost-request.ts'
import type { SnowflakeClient } from './client/open-client.ts'
import { attributedCredits, recentStatements, statementsOfTheYear } from './cost-statements.ts'

/** In a connection of its own, which ends with the answer. */
export async function askForCost(connect: () => Promise<SnowflakeClient>, run: CostRequest): Promise<RunCost> {
  const client = await connect()
  const cancel = () => void client.cancel().catch(() => undefined)
  run.signal.addEventListener('abort', cancel, { once: true })
  try {
    await client.tag({ purpose: 'what a run cost' })
    return await readRunCost(client, run)
  } finally {
    run.signal.removeEventListener('abort', cancel)
    await client.close()
  }
}

async function readRunCost(client: Pick<SnowflakeClient, 'rows'>, run: Omit<CostRequest, 'signal'>): Promise<RunCost> {
  const taken = await readTaken(client, run)
  const credits = await readCredits(client, run)
  const figures = (of: Taken | undefined, compute: number | null): CostFigures => ({
    statements: of?.statements ?? null,
    execution_seconds: of?.execution_seconds ?? null,
    bytes_scanned: of?.bytes_scanned ?? null,
    cloud_services_credits: of?.cloud_services_credits ?? null,
    compute_credits: compute,
  })
  const { parts } = taken
  const whole = parts && [...parts.values()].reduce(add, nothing)
  const known = credits.by.size > 0
  const total = known ? [...credits.by.values()].reduce((sum, each) => sum + each, 0) : credits.ifNone
  return {
    ...figures(whole ?? undefined, total),
    by_purpose: [...new Set([...(parts?.keys() ?? []), ...credits.by.keys()])]
      .map((purpose) => ({
        purpose,
        // Short statements have none.
        ...figures(parts?.get(purpose), credits.by.get(purpose) ?? (known ? 0 : credits.ifNone)),
      }))
      .sort((one, other) => (other.execution_seconds ?? 0) - (one.execution_seconds ?? 0)),
    notes: [...taken.notes, ...credits.notes],
  }
}

// ---------------------------------------------------------------- statements

type Taken = {
  readonly statements: number
  readonly execution_seconds: number
  readonly bytes_scanned: number
  readonly cloud_services_credits: number
}

async function readTaken(
  client: Pick<SnowflakeClient, 'rows'>,
  run: Omit<CostRequest, 'signal'>,
): Promise<{ readonly parts: ReadonlyMap<string, Taken> | null; readonly notes: readonly string[] }> {
  const isRecent = Date.parse(run.startedAt) > run.now.getTime() - functionDays * dayMs
  const rows = await unlessHidden(() => client.rows(isRecent ? recentStatements(run) : statementsOfTheYear(run)))
  if (rows === null)
    return {
      parts: null,
      notes: [
        isRecent
          ? 'statements: the role may not see the history of statements'
          : 'statements: of more than seven days ago only SNOWFLAKE.ACCOUNT_USAGE tells, which the role may not see; an administrator lets it:  GRANT DATABASE ROLE SNOWFLAKE.GOVERNANCE_VIEWER TO ROLE …;',
      ],
    }
  const own = rows.filter((row) => row['is_own'] === 'true')
  const looked = rows.reduce((sum, row) => sum + numberOf(row, 'statements'), 0)
  const notes = [
    ...(isRecent && looked >= mostRows
      ? [`statements: there were more than Snowflake tells of at once (${mostRows}) in that time; these are at least`]
      : []),
    ...(own.length === 0 ? [noneSeen(isRecent)] : []),
  ]
  return { parts: new Map(own.map((row) => [row['purpose'] ?? '', takenOf(row)])), notes }
}

const noneSeen = (isRecent: boolean) =>
  isRecent
    ? 'statements: none of the run is shown to this role, which sees those of its own user, and with MONITOR on the warehouse those of others'
    : 'statements: none of the run is kept'

const takenOf = (row: TextRow): Taken => ({
  statements: numberOf(row, 'statements'),
  execution_seconds: numberOf(row, 'milliseconds') / 1000,
  bytes_scanned: numberOf(row, 'bytes'),
  cloud_services_credits: numberOf(row, 'credits'),
})

const nothing: Taken = { statements: 0, execution_seconds: 0, bytes_scanned: 0, cloud_services_credits: 0 }

const add = (one: Taken, other: Taken): Taken => ({
  statements: one.statements + other.statements,
  execution_seconds: one.execution_seconds + other.execution_seconds,
  bytes_scanned: one.bytes_scanned + other.bytes_scanned,
  cloud_services_credits: one.cloud_services_credits + other.cloud_services_credits,
})

// ---------------------------------------------------------------- credits

async function readCredits(
  client: Pick<SnowflakeClient, 'rows'>,
  run: Omit<CostRequest, 'signal'>,
): Promise<{
  readonly by: ReadonlyMap<string, number>
  /** What it means that there are none. */
  readonly ifNone: number | null
  readonly notes: readonly string[]
}> {
  const rows = await unlessHidden(() => client.rows(attributedCredits(run)))
  if (rows === null)
    return {
      by: new Map(),
      ifNone: null,
      notes: [
        'credits of compute: the role may not see them; an administrator lets it:  GRANT DATABASE ROLE SNOWFLAKE.USAGE_VIEWER TO ROLE …;',
      ],
    }
  const by = new Map(rows.map((row) => [row['purpose'] ?? '', numberOf(row, 'credits')]))
  const isWhole = Date.parse(run.finishedAt ?? '') < run.now.getTime() - attributionLagMs
  if (isWhole) return { by, ifNone: 0, notes: [] }
  const late = 'Snowflake tells them up to 8 hours after a statement'
  return {
    by,
    ifNone: null,
    notes: [by.size === 0 ? `credits of compute: not known yet; ${late}` : `credits of compute: so far; ${late}`],
  }
}

/** null: what does not exist, and what the role may not see, are the same to Snowflake. */
async function unlessHidden(read: () => Promise<readonly TextRow[]>): Promise<readonly TextRow[] | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof MillraceError && ['MR-2003', 'MR-2203', 'MR-2204'].includes(error.code)) return null
    throw error
  }
}

const numberOf = (row: TextRow, name: string): number => Number(row[name] ?? 0)

const dayMs = 86_400_000
/** Of the seven that the function has, less what it takes to ask. */
const functionDays = 6.9
/** https://docs.snowflake.com/en/sql-reference/account-usage/query_attribution_history */
const attributionLagMs = 8 * 3_600_000
/** `RESULT_LIMIT` at its largest. */
const mostRows = 10_000
