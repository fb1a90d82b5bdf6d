import type { Warehouse } from '../warehouse/port.ts'
import type { SnowflakeOptions } from '../warehouse/snowflake/client/options.ts'
import { openSnowflakeWarehouse } from '../warehouse/snowflake/warehouse.ts'
import type { App } from './app.ts'
import { projectCommit } from './project-commit.ts'
import { readSnowflakeOptions } from './snowflake-options.ts'

type Parts = Pick<App, 'project' | 'target' | 'env' | 'sandbox'>

/** The account of the target, or on a sandbox target the simulated one. Nothing is asked of it before the first session. */
export function openSnowflake(parts: Parts): Warehouse {
  const { project, target } = parts
  const { warehouse } = target
  const names = warehouse.type === 'snowflake' ? [warehouse.account, warehouse.database] : []
  return openSnowflakeWarehouse({
    place: target.sandbox ? 'the simulated Snowflake' : `Snowflake ${names.filter(Boolean).join(' ')}`,
    connection: async () => {
      const [options, commit] = await Promise.all([snowflakeOptionsOf(parts), projectCommit(project.root)])
      return { ...options, queryTag: { project: project.name, ...(commit && { commit }), ...options.queryTag } }
    },
  })
}

export const snowflakeOptionsOf = async ({ project, target, env, sandbox }: Parts): Promise<SnowflakeOptions> =>
  readSnowflakeOptions({ project, target, env }, target.sandbox ? await (await sandbox()).snowflake() : null)
