/** The front door: parses, hands over to one command, and ends with its exit code. Nothing heavy is imported before a command runs. */
import { CommanderError } from 'commander'
import { buildProgram } from './commands.ts'
import { endProcess, endCalmlyWithoutOutput } from './end-process.ts'
import { createShell, type CommandResult, type GlobalFlags, type Shell } from './shell.ts'

/** `argv` as Node gives it. Sets `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  endCalmlyWithoutOutput()
  let shell = createShell({ json: argv.includes('--json'), verbose: argv.includes('-v') })
  const program = buildProgram(async (work) => {
    shell = createShell(program.opts<GlobalFlags>())
    await runCommand(shell, work)
  })
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    // Help and version are not errors; help that nobody asked for is.
    if (error instanceof CommanderError) process.exitCode = error.code === 'commander.help' ? 2 : error.exitCode
    else await endWithError(shell, error)
  }
  endProcess()
}

async function runCommand(shell: Shell, work: (shell: Shell) => Promise<CommandResult>): Promise<void> {
  const { exitCode, result } = await work(shell)
  process.exitCode = shell.stop.exitCode() ?? exitCode
  if (shell.json) shell.line({ type: 'result', exit_code: process.exitCode, ...result })
}

async function endWithError(shell: Shell, error: unknown): Promise<void> {
  const [{ reportError }, { exitCodeOf }, { asMillraceError }] = await Promise.all([
    import('./report-error.ts'),
    import('../model/exit-code.ts'),
    import('../model/millrace-error.ts'),
  ])
  reportError(shell, error)
  process.exitCode =
    shell.stop.exitCode() ?? exitCodeOf([error instanceof Error ? error : asMillraceError(error, 'millrace')])
  if (shell.json) shell.line({ type: 'result', exit_code: process.exitCode })
}
