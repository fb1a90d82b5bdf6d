import { checkProject } from '../app/check-project.ts'
import { chooseTarget } from '../app/choose-target.ts'
import {
  findPortabilityWarnings,
  usesBothWarehouses,
  type PortabilityWarning,
} from '../config/portability/find-warnings.ts'
import { asMillraceError, MillraceErrors } from '../model/millrace-error.ts'
import { formatCounted } from '../render/format-number.ts'
import { annotationLine } from '../render/github-annotation.ts'
import { renderWarning } from '../render/warning-text.ts'
import { openProject } from './open-project.ts'
import { rendererOptions } from './renderer-options.ts'
import { reportError } from './report-error.ts'
import type { CommandResult, Shell } from './shell.ts'

export type ValidateFlags = {
  /** Models are held against both warehouses, though the targets have only one. */
  readonly portable?: boolean
}

/** Every finding at once: no network, no secrets. */
export async function validateProject(shell: Shell, flags: ValidateFlags = {}): Promise<CommandResult> {
  try {
    const project = await openProject(shell)
    await checkProject(project, chooseTarget(project, shell.target ?? project.defaultTarget))
    const counts = [
      formatCounted(project.syncs.length, 'sync'),
      formatCounted(project.models.length, 'model'),
      formatCounted(Object.keys(project.connections).length, 'connection'),
      formatCounted(Object.keys(project.targets).length, 'target'),
    ]
    const isPortable = flags.portable === true || usesBothWarehouses(project)
    const warnings = isPortable ? findPortabilityWarnings(project.models) : []
    reportWarnings(shell, warnings)
    const outcome = warnings.length === 0 ? 'ok' : `ok, with ${formatCounted(warnings.length, 'warning')}`
    if (!shell.json) shell.print(` ${project.name}: ${counts.join(', ')}: ${outcome}\n`)
    return { exitCode: 0, result: { findings: 0, warnings: warnings.length } }
  } catch (error) {
    const findings = error instanceof MillraceErrors ? error.errors : [asMillraceError(error, 'validating the project')]
    reportError(shell, error)
    return { exitCode: findings[0]?.exitCode ?? 2, result: { findings: findings.length } }
  }
}

/** To stderr for people; a line of `--json` each for programs. They stop nothing. */
function reportWarnings(shell: Shell, warnings: readonly PortabilityWarning[]): void {
  const { mode, folder } = rendererOptions(shell)
  for (const { message, next, place } of warnings) {
    const { file, line, column } = place
    if (shell.json) shell.line({ type: 'warning', message, next, place: { file, line, column } })
    else shell.say(renderWarning({ message, next, place }, { color: shell.errorColor }))
    if (mode === 'github' && shell.verbosity !== 'quiet')
      shell.stderr.write(annotationLine({ kind: 'warning', message: `${message}\n${next}`, place, folder }))
  }
}
