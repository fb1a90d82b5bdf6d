import type { RunOptions } from '../app/run-options.ts'
import type { RunResult } from '../app/run-syncs.ts'
import { limitForm, parseLimit } from '../config/limit.ts'
import type { Limit } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { createRenderer } from '../render/renderer.ts'
import type { Renderer } from '../render/renderer-contract.ts'
import { withApp } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import { rendererOptions } from './renderer-options.ts'
import { refuseExcluding, refuseOtherKind } from './run-flags.ts'
import type { CommandResult, Shell } from './shell.ts'

export type RunFlags = {
  readonly all?: boolean
  readonly exclude?: readonly string[]
  readonly fullRefresh?: boolean
  readonly limit?: string
  /** `--no-wait` makes it false. */
  readonly wait: boolean
  readonly firstRun?: boolean
  readonly baseline?: boolean
  readonly rejectedOnly?: boolean
  readonly slot?: string
  readonly maxAdded?: string
  readonly maxChanged?: string
  readonly maxRemoved?: string
  readonly maxShrink?: string
  readonly onEmpty?: 'stop' | 'proceed'
}

export async function runChosenSyncs(shell: Shell, select: readonly string[], flags: RunFlags): Promise<CommandResult> {
  refuseExcluding(flags)
  const options = runOptions(flags)
  const renderer = createShellRenderer(shell)
  const of = flags.slot === undefined ? 'terminal' : 'daemon'
  const result = await withApp(shell, { onEvent: renderer.onEvent, firstSignal: 'checkpoint', of }, async (app) => {
    const [{ runSyncs }, { selectSyncs }, { checkSecrets }] = await Promise.all([
      import('../app/run-syncs.ts'),
      import('../config/select.ts'),
      import('../app/check-project.ts'),
    ])
    const syncs = selectSyncs(app.project, { select, exclude: flags.exclude ?? [], all: flags.all === true })
    refuseOtherKind(flags, syncs)
    await checkSecrets(app, syncs)
    return runSyncs(app, syncs, options)
  })
  return showRuns(shell, renderer, result)
}

export function createShellRenderer(shell: Shell): Renderer {
  return createRenderer(rendererOptions(shell))
}

/** What went wrong, whole; then a line per run and the outcome. With `--json` the result is the command's last line. */
export function showRuns(shell: Shell, renderer: Renderer, result: RunResult): CommandResult {
  for (const error of result.errors) renderer.error(error)
  const exitCode = shell.stop.exitCode() ?? result.exit_code
  if (!shell.json) renderer.finish({ runs: result.runs, exit_code: exitCode })
  return { exitCode, result: { runs: result.runs } }
}

function runOptions(flags: RunFlags): RunOptions {
  return {
    fullRefresh: flags.fullRefresh === true,
    limit: flags.limit === undefined ? null : parseCount('--limit', flags.limit),
    wait: flags.wait,
    firstRun: flags.firstRun === true,
    baseline: flags.baseline === true,
    rejectedOnly: flags.rejectedOnly === true,
    slot: flags.slot ?? null,
    limits: {
      maxAdded: limitOf('--max-added', flags.maxAdded),
      maxChanged: limitOf('--max-changed', flags.maxChanged),
      maxRemoved: limitOf('--max-removed', flags.maxRemoved),
      maxShrink: limitOf('--max-shrink', flags.maxShrink),
      onEmpty: flags.onEmpty,
    },
  }
}

function limitOf(flag: string, text: string | undefined): Limit | undefined {
  if (text === undefined) return undefined
  const limit = parseLimit(text)
  if (limit) return limit
  throw new MillraceError('MR-1001', { message: `${flag} ${text}: ${limitForm}`, kept: 'Nothing was run.' })
}
