import { MillraceError } from '../../../model/millrace-error.ts'
import type { SnowflakeOptions } from './options.ts'
import type { Executed } from './statement.ts'

/** Snowflake signs in with a warehouse or database that is not there, and only has none then: each answer says which it has. */
export function checkNames(statement: Executed, options: SnowflakeOptions): void {
  const state = statement.getSessionState()
  const has = (method: string): string | null => {
    const get: unknown = state && Reflect.get(state, method)
    const name: unknown = typeof get === 'function' ? get.call(state) : null
    return typeof name === 'string' && name !== '' ? name : null
  }
  if (options.database !== null && has('getCurrentDatabase') === null)
    throw notThere('database', options.database, options.role, `GRANT USAGE ON DATABASE ${options.database} TO ROLE …;`)
  if (options.warehouse !== null && has('getCurrentWarehouse') === null)
    throw notThere(
      'warehouse',
      options.warehouse,
      options.role,
      `GRANT USAGE ON WAREHOUSE ${options.warehouse} TO ROLE …;`,
    )
}

const notThere = (kind: string, name: string, role: string | null, grant: string) =>
  new MillraceError('MR-2203', {
    message: `signing in to Snowflake: the ${kind} ${name} does not exist, or is not granted to ${role === null ? 'the user’s role' : `the role ${role}`}.`,
    kept: 'Nothing was changed.',
    next: [
      `Correct \`${kind}\` in millrace.yaml, or have it granted: ${grant}`,
      '`millrace grants snowflake` prints all that is needed.',
    ],
  })
