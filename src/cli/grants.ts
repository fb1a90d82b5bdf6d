import { planGrants } from '../app/plan-grants.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { openProject } from './open-project.ts'
import type { CommandResult, Shell } from './shell.ts'

/** The script that an administrator runs, so that a target's warehouse can be worked in. Nothing is run. */
export async function printGrants(
  shell: Shell,
  kind: string,
  flags: { readonly perSchema?: boolean },
): Promise<CommandResult> {
  if (kind !== 'snowflake')
    throw new MillraceError('MR-1001', {
      message: `grants ${kind}: only a Snowflake warehouse has rights to grant`,
      next: 'millrace grants snowflake',
    })
  const { target, script, placeholders } = planGrants(await openProject(shell), {
    target: shell.target,
    perSchema: flags.perSchema === true,
  })
  if (shell.json) shell.line({ type: 'grants', target, script, placeholders })
  else shell.print(script)
  if (placeholders.length > 0)
    shell.say(` ${placeholders.join(', ')}: not known from millrace.yaml; put the real names in their place.`)
  return { exitCode: 0 }
}
