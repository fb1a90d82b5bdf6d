/**
 * Snowflake Scripting: EXECUTE IMMEDIATE $$ … $$, in one round trip.
 * https://docs.snowflake.com/en/developer-guide/snowflake-scripting/index
 */
import { readExpression, readStatement } from '../sql/read-statement.ts'
import type { Block, BlockStatement, Handler } from '../sql/scripting/block.ts'
import { SnowflakeError, snowflakeError } from '../sql/snowflake-error.ts'
import type { Bind, Variable } from '../sql/statement.ts'
import { assign, createScope, findException, visible, type Scope } from './block-scope.ts'
import { BlockException, isHandledBy, uncaught } from './block-exception.ts'
import { cancelled } from './failures.ts'
import type { Outcome } from './query-store.ts'
import { statementTypes } from './record-query.ts'
import { resultOf } from './result-set.ts'
import { text as textOf } from './row-type.ts'
import { readRow } from './read-row.ts'
import type { RunContext } from './run-statement.ts'
import { sqlContext } from './sql-context.ts'

export type BlockWish = {
  readonly block: Block
  readonly text: string
  /** Runs what stands in the block. */
  readonly runStatement: (context: RunContext, sql: string, binds: readonly Bind[]) => Promise<Outcome>
}

export async function runBlock(context: RunContext, { block, text, runStatement }: BlockWish): Promise<Outcome> {
  const changed = { inserted: 0, updated: 0, deleted: 0 }
  const run: BlockRun = { context, runStatement, changed }
  try {
    const flow = await runScope(run, block, null)
    const value = flow.kind === 'return' ? flow.value : null
    return {
      statementTypeId: statementTypes.block,
      changed,
      result: resultOf([textOf('anonymous block')], [[value]]),
    }
  } catch (error) {
    throw error instanceof BlockException ? uncaught(error, text) : error
  }
}

type BlockRun = {
  readonly context: RunContext
  readonly runStatement: BlockWish['runStatement']
  readonly changed: { inserted: number; updated: number; deleted: number }
}

/** How a statement ends: on to the next one, or out of something. */
type Flow =
  { readonly kind: 'next' | 'break' | 'continue' } | { readonly kind: 'return'; readonly value: string | null }

const next: Flow = { kind: 'next' }

async function runScope(run: BlockRun, block: Block, parent: Scope | null): Promise<Flow> {
  const scope = createScope(parent)
  if (!parent)
    for (const name of ['SQLROWCOUNT', 'SQLFOUND', 'SQLNOTFOUND', 'SQLID']) scope.variables.set(name, text(null))
  try {
    for (const declaration of block.declarations) {
      if (declaration.kind === 'exception') scope.exceptions.set(declaration.name, declaration)
      else await declare(run, scope, declaration)
    }
    return await runBody(run, block.body, scope)
  } catch (error) {
    const exception = asException(run.context, error)
    const handler = exception && block.handlers.find((each) => isHandledBy(exception, each.names))
    if (!exception || !handler) throw exception ?? error
    return handle(run, { handler, exception }, scope)
  }
}

function handle(
  run: BlockRun,
  { handler, exception }: { readonly handler: Handler; readonly exception: BlockException },
  parent: Scope,
): Promise<Flow> {
  const scope = createScope(parent)
  scope.variables.set('SQLCODE', { type: 'NUMBER(38,0)', value: String(Number(exception.error.code)) })
  scope.variables.set('SQLERRM', text(exception.error.message))
  scope.variables.set('SQLSTATE', text(exception.error.sqlState))
  return runBody(run, handler.body, scope).catch((error: unknown) => {
    throw error instanceof BlockException && error.again ? exception : error
  })
}

/** What was cancelled cannot be handled. */
function asException({ query }: RunContext, error: unknown): BlockException | null {
  if (query.abort.signal.aborted) return null
  if (error instanceof BlockException) return error
  return error instanceof SnowflakeError ? new BlockException('STATEMENT_ERROR', error) : null
}

async function runBody(run: BlockRun, body: readonly BlockStatement[], scope: Scope): Promise<Flow> {
  for (const statement of body) {
    if (run.context.query.abort.signal.aborted) throw cancelled()
    const flow = await runOne(run, statement, scope)
    if (flow.kind !== 'next') return flow
  }
  return next
}

async function runOne(run: BlockRun, statement: BlockStatement, scope: Scope): Promise<Flow> {
  switch (statement.kind) {
    case 'let':
      await declare(run, scope, statement)
      return next
    case 'assign':
      assign(scope, statement.name, (await evaluate(run, statement.value, scope)).value)
      return next
    case 'sql':
      await runSql(run, statement.text, { scope, into: statement.into })
      return next
    case 'execute':
      await runSql(run, (await evaluate(run, statement.expression, scope)).value ?? '', { scope, into: null })
      return next
    case 'if':
      for (const { condition, body } of statement.branches)
        if (await isTrue(run, condition, scope)) return runBody(run, body, scope)
      return runBody(run, statement.otherwise, scope)
    case 'while':
      return loop(run, statement.body, { scope, goesOn: () => isTrue(run, statement.condition, scope) })
    case 'loop':
      return loop(run, statement.body, { scope, goesOn: async () => true })
    case 'for':
      return count(run, statement, scope)
    case 'break':
    case 'continue':
      return { kind: statement.kind }
    case 'null':
      return next
    case 'raise':
      throw raised(statement.name, scope)
    case 'return':
      return {
        kind: 'return',
        value: statement.value === null ? null : (await evaluate(run, statement.value, scope)).value,
      }
    case 'block':
      return runScope(run, statement.block, scope)
  }
}

async function declare(
  run: BlockRun,
  scope: Scope,
  { name, type, value }: { readonly name: string; readonly type: string | null; readonly value: string | null },
): Promise<void> {
  const initial = value === null ? text(null) : await evaluate(run, value, scope)
  scope.variables.set(name, { type: type ?? initial.type, value: initial.value })
}

async function runSql(
  { context, runStatement, changed }: BlockRun,
  sql: string,
  { scope, into }: { readonly scope: Scope; readonly into: readonly string[] | null },
): Promise<void> {
  const inner = { ...context, variables: visible(scope) }
  if (into) return readInto(inner, sql, { scope, into })
  // A result of its own: the block's is what RETURN gives.
  const own = context.service.queries.open({ session: context.session, sql, requestId: null, async: false })
  const { id } = own
  // The block is what runs: this is found by its id, and has no end of its own to be waited for.
  own.state = 'failed'
  const outcome = await runStatement({ ...inner, query: { ...context.query, id } }, sql, [])
  own.state = 'done'
  const rows = outcome.changed ?? { inserted: 0, updated: 0, deleted: 0 }
  changed.inserted += rows.inserted
  changed.updated += rows.updated
  changed.deleted += rows.deleted
  const total = rows.inserted + rows.updated + rows.deleted
  const isDml = outcome.statementTypeId >= 0x3000 && outcome.statementTypeId < 0x4000
  assign(scope, 'SQLROWCOUNT', isDml ? String(total) : null)
  assign(scope, 'SQLFOUND', isDml ? String(total > 0) : null)
  assign(scope, 'SQLNOTFOUND', isDml ? String(total === 0) : null)
  assign(scope, 'SQLID', id)
}

/** Strictly one row: with none or two a program is wrong somewhere. */
async function readInto(
  context: RunContext,
  sql: string,
  { scope, into }: { readonly scope: Scope; readonly into: readonly string[] },
): Promise<void> {
  const statement = readStatement(sql, sqlContext(context, []))
  if (statement.kind !== 'query')
    throw snowflakeError('001003', '42000', 'SQL compilation error:\nINTO needs a SELECT.')
  const { row, count: found } = await readRow(context, statement)
  if (found !== 1)
    throw snowflakeError('000100', 'P0000', `A SELECT INTO statement expects exactly 1 returned row, but got ${found}.`)
  if (row.length !== into.length)
    throw snowflakeError(
      '000101',
      'P0000',
      `A SELECT INTO statement expects ${into.length} returned columns, but got ${row.length}.`,
    )
  for (const [index, name] of into.entries()) assign(scope, name, row[index] ?? null)
}

async function evaluate({ context }: BlockRun, expression: string, scope: Scope): Promise<Variable> {
  const inner = { ...context, variables: visible(scope) }
  try {
    const query = readExpression(expression, sqlContext(inner, []))
    const { row } = await readRow(inner, query)
    return { type: query.columns[0]?.type ?? 'VARCHAR(16777216)', value: row[0] ?? null }
  } catch (error) {
    throw error instanceof SnowflakeError ? new BlockException('EXPRESSION_ERROR', error) : error
  }
}

const isTrue = async (run: BlockRun, condition: string, scope: Scope): Promise<boolean> =>
  (await evaluate(run, condition, scope)).value?.toLowerCase() === 'true'

async function loop(
  run: BlockRun,
  body: readonly BlockStatement[],
  { scope, goesOn }: { readonly scope: Scope; readonly goesOn: () => Promise<boolean> },
): Promise<Flow> {
  while (await goesOn()) {
    const flow = await runBody(run, body, createScope(scope))
    if (flow.kind === 'break') return next
    if (flow.kind === 'return') return flow
  }
  return next
}

async function count(run: BlockRun, statement: Extract<BlockStatement, { kind: 'for' }>, parent: Scope): Promise<Flow> {
  const bounds = [await evaluate(run, statement.from, parent), await evaluate(run, statement.to, parent)]
  const [from = 0, to = -1] = bounds.map(({ value }) => Number(value))
  const scope = createScope(parent)
  let step = 0
  return loop(run, statement.body, {
    scope,
    goesOn: async () => {
      const value = statement.reverse ? to - step : from + step
      step++
      scope.variables.set(statement.name, { type: 'NUMBER(38,0)', value: String(value) })
      return value >= from && value <= to
    },
  })
}

function raised(name: string | null, scope: Scope): BlockException {
  if (name === null) return new BlockException('', snowflakeError('0', 'P0001', ''), true)
  const { number, message } = findException(scope, name) ?? { number: -20_000, message: name }
  return new BlockException(name, snowflakeError(String(number), 'P0001', message))
}

const text = (value: string | null): Variable => ({ type: 'VARCHAR(16777216)', value })
