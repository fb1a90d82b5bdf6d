/** The front door: parses, hands over to one command, and ends with its exit code. Nothing heavy is imported before a command runs. */
import { Console } from 'node:console'
import { CommanderError } from 'commander'
import { buildProgram } from './commands.ts'
import { endProcess, endCalmlyWithoutOutput } from './end-process.ts'
import { createShell, type CommandResult, type GlobalFlags, type Shell } from './shell.ts'
import { patienceMs } from './stop.ts'

/** `argv` as Node gives it. Sets `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  endCalmlyWithoutOutput()
  let shell = createShell({ json: argv.includes('--json'), verbose: argv.includes('-v') })
  const program = buildProgram(async (work) => {
    shell = createShell(program.opts<GlobalFlags>())
    // A connector of the project's own may print: stdout is for programs then.
    if (shell.json) Object.assign(globalThis.console, new Console(process.stderr, process.stderr))
    await runCommand(shell, work)
  })
  process.on('uncaughtException', (error) => void failOn(shell, error))
  try {
    await program.parseAsync([...argv])
  } catch (error) {
    // Help and version are not errors; help that nobody asked for is one of usage, and commander ends it with 1.
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
    else await endWithError(shell, error)
  }
  endProcess()
}

/**
 * What nobody was there to catch stops the command as a signal does, so that its runs are written down as failed. One that does
 * not hear it in time is left behind.
 */
async function failOn(shell: Shell, thrown: unknown): Promise<void> {
  if (shell.stop.failure()) return
  const { uncaughtIn } = await import('../app/uncaught-in.ts')
  const error = uncaughtIn(shell.directory, thrown)
  if (!error) return
  shell.stop.fail(error)
  setTimeout(() => {
    if (process.exitCode === undefined) void endWithError(shell, error).then(() => process.exit())
  }, patienceMs)
}

async function runCommand(shell: Shell, work: (shell: Shell) => Promise<CommandResult>): Promise<void> {
  const { exitCode, result } = await work(shell)
  const failure = shell.stop.failure()
  if (failure && !isToldIn(result, failure)) return endWithError(shell, failure)
  process.exitCode = shell.stop.exitCode() ?? exitCode
  if (shell.json) shell.line({ type: 'result', exit_code: process.exitCode, ...result })
}

/** A run that it ended has said it. */
const isToldIn = (result: CommandResult['result'], { message }: Error): boolean =>
  result?.runs?.some(({ error }) => error?.message === message) ?? false

async function endWithError(shell: Shell, error: unknown): Promise<void> {
  const [{ reportError }, { exitCodeOf }, { asMillraceError }] = await Promise.all([
    import('./report-error.ts'),
    import('../model/exit-code.ts'),
    import('../model/millrace-error.ts'),
  ])
  // What came of it says less than what nobody caught.
  const told = shell.stop.failure() ?? error
  reportError(shell, told)
  process.exitCode =
    shell.stop.exitCode() ?? exitCodeOf([told instanceof Error ? told : asMillraceError(told, 'millrace')])
  if (shell.json) shell.line({ type: 'result', exit_code: process.exitCode })
}
