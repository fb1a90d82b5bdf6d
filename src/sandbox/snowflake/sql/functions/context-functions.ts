/** https://docs.snowflake.com/en/sql-reference/functions-context */
import { booleanType, dateType, numberType, timestampLtz, timestampNtz, timeType, varcharType } from '../data-type.ts'
import { type Rules, scalar } from './function-rule.ts'
import { nullValue, textConstant, typed, type Typed } from '../typed.ts'
import { unsupported } from '../snowflake-error.ts'
import type { CallSite } from '../call-site.ts'

export const contextFunctions: Rules = [
  scalar('CURRENT_TIMESTAMP SYSTIMESTAMP GETDATE LOCALTIMESTAMP', 0, 1, (call) => typed(moment(call), timestampLtz())),
  scalar('SYSDATE', 0, 0, (call) => typed(`CAST(${moment(call)} AS TIMESTAMP)`, timestampNtz())),
  scalar('CURRENT_DATE', 0, 0, (call) => typed(`CAST(${moment(call)} AS DATE)`, dateType)),
  scalar('CURRENT_TIME LOCALTIME', 0, 1, (call) =>
    typed(`CAST(CAST(${moment(call)} AS TIMESTAMP) AS TIME)`, timeType()),
  ),
  scalar('CURRENT_USER', 0, 0, (call) => known(call.t.context.session.user)),
  scalar('CURRENT_ROLE', 0, 0, (call) => known(call.t.context.session.role)),
  scalar('CURRENT_WAREHOUSE', 0, 0, (call) => known(call.t.context.session.warehouse)),
  scalar('CURRENT_SESSION', 0, 0, (call) => known(call.t.context.session.sessionId)),
  scalar('CURRENT_ACCOUNT CURRENT_ACCOUNT_NAME', 0, 0, (call) => known(call.t.context.session.account)),
  scalar('CURRENT_DATABASE', 0, 0, (call) => known(call.t.context.database)),
  scalar('CURRENT_SCHEMA', 0, 0, (call) => known(call.t.context.schema)),
  scalar('LAST_QUERY_ID', 0, 1, (call) => {
    if (call.count === 1 && call.places(0) !== -1) throw unsupported('LAST_QUERY_ID of an earlier statement')
    return known(call.t.context.session.lastQueryId ?? null)
  }),
  scalar('CURRENT_VERSION', 0, 0, () => textConstant('9.99.0')),
  scalar('CURRENT_REGION', 0, 0, () => textConstant('AWS_US_WEST_2')),
  scalar('CURRENT_CLIENT', 0, 0, () => textConstant('JavaScript')),
  scalar('CURRENT_SECONDARY_ROLES', 0, 0, () => textConstant('{"roles":"","value":""}')),
  scalar('IS_ROLE_IN_SESSION', 1, 1, (call) =>
    typed(`(upper(${call.text(0)}) = '${call.t.context.session.role ?? ''}')`, booleanType),
  ),
  scalar('SEQ1 SEQ2 SEQ4 SEQ8', 0, 1, (call) => {
    const generated = call.scope.relations.find(({ sequence }) => sequence !== undefined)?.sequence
    return typed(generated ?? '(row_number() OVER () - 1)', numberType(19, 0))
  }),
  scalar('RANDSTR', 2, 2, () => {
    throw unsupported('RANDSTR')
  }),
]

/** The simulator's clock where it has one; in a view DuckDB's. */
function moment(call: CallSite): string {
  const { now } = call.t.context
  return now ? `TIMESTAMPTZ '${now.toISOString().replace('T', ' ').replace('Z', '+00')}'` : 'now()'
}

const known = (text: string | null): Typed => (text === null ? typed(nullValue.sql, varcharType()) : textConstant(text))
