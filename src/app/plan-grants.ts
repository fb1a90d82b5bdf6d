import type { Project, SnowflakeWarehouse, Target } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { grantScript } from '../warehouse/snowflake/grants.ts'
import { chooseTarget } from './choose-target.ts'

export type Grants = {
  readonly target: string
  readonly script: string
  /** Names in the script that stand for what only the environment knows. */
  readonly placeholders: readonly string[]
}

/** The least rights for the Snowflake warehouse of a target, by the names in millrace.yaml. Looks up no secret. */
export function planGrants(
  project: Project,
  wanted: { readonly target: string | undefined; readonly perSchema: boolean },
): Grants {
  const { name, warehouse } = snowflakeTarget(project, wanted.target)
  const placeholders: string[] = []
  const nameOf = (value: string | null, key: string): string => {
    if (value !== null && !value.includes('${')) return value
    const placeholder = `<${key}>`
    placeholders.push(placeholder)
    return placeholder
  }
  const script = grantScript(
    {
      // Without one of its own the user's default role would do it all: the script makes one.
      role: warehouse.role === null ? 'MILLRACE' : nameOf(warehouse.role, 'role'),
      user: nameOf(warehouse.user, 'user'),
      warehouse: nameOf(warehouse.warehouse, 'warehouse'),
      database: nameOf(warehouse.database, 'database'),
      schemas: [...new Set(project.syncs.flatMap((sync) => (sync.kind === 'etl' ? [sync.schema] : [])))],
      signIn: warehouse.signIn?.kind ?? 'key_pair',
    },
    wanted,
  )
  return { target: name, script, placeholders }
}

/** The target that was asked for; else the one that has a Snowflake warehouse. */
function snowflakeTarget(
  project: Project,
  wanted: string | undefined,
): { readonly name: string; readonly warehouse: SnowflakeWarehouse } {
  const fitting = Object.values(project.targets).flatMap(snowflakeOf)
  const asked = wanted === undefined ? undefined : chooseTarget(project, wanted)
  const [chosen, other] = asked ? snowflakeOf(asked) : fitting
  if (!chosen)
    throw new MillraceError('MR-1001', {
      message: asked
        ? asked.warehouse.type === 'snowflake'
          ? `The target ${asked.name} is on the simulated Snowflake, which has all rights from the start.`
          : `The warehouse of the target ${asked.name} is not Snowflake.`
        : 'No target of millrace.yaml has a Snowflake warehouse.',
      next: 'Give a target  warehouse: { type: snowflake, account: …, user: …, warehouse: …, database: … }',
    })
  if (other)
    throw new MillraceError('MR-1001', {
      message: 'Several targets have a Snowflake warehouse.',
      next: fitting.map(({ name }) => `millrace grants snowflake --target ${name}`),
    })
  return chosen
}

const snowflakeOf = ({ name, warehouse, sandbox }: Target) =>
  warehouse.type === 'snowflake' && !sandbox ? [{ name, warehouse }] : []
