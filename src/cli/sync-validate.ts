import { checkProject } from '../app/check-project.ts'
import { asMillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { formatCounted } from '../render/format-number.ts'
import { openProject } from './open-project.ts'
import { reportError } from './report-error.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Every finding at once: no network, no secrets. */
export async function validateProject(shell: Shell): Promise<CommandResult> {
  try {
    const project = await openProject(shell)
    await checkProject(project)
    const counts = [
      formatCounted(project.syncs.length, 'sync'),
      formatCounted(project.models.length, 'model'),
      formatCounted(Object.keys(project.connections).length, 'connection'),
      formatCounted(Object.keys(project.targets).length, 'target'),
    ]
    if (!shell.json) shell.print(` ${project.name}: ${counts.join(', ')}: ok\n`)
    return { exitCode: 0, result: { findings: 0 } }
  } catch (error) {
    const findings = error instanceof MillraceErrors ? error.errors : [asMillraceError(error, 'validating the project')]
    reportError(shell, error)
    return { exitCode: findings[0]?.exitCode ?? 2, result: { findings: findings.length } }
  }
}
