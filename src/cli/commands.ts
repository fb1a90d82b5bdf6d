/** Every command with its words and flags. What a command does stands in a file of its own, loaded when it is asked for. */
import { Option, type Command } from 'commander'
import { addBackfillCommand } from './backfill-command.ts'
import type { DaemonFlags } from './daemon.ts'
import { FrontCommand } from './front-command.ts'
import { ownVersion } from './own-version.ts'
import type { LogsFlags } from './logs.ts'
import type { RunFlags } from './sync-run.ts'
import type { PlanFlags } from './sync-plan.ts'
import type { ValidateFlags } from './sync-validate.ts'
import { addScheduleCommands } from './schedule-commands.ts'
import type { CommandResult, Shell } from './shell.ts'
import { addForgetCommand, addStateCommands } from './state-commands.ts'
import type { WorldFlags } from './sandbox-world.ts'

export type Start = (work: (shell: Shell) => Promise<CommandResult>) => Promise<void>

export function buildProgram(start: Start): Command {
  const program = new FrontCommand('millrace')
    .description('Warehouse ETL and reverse ETL: YAML in git, a ledger that balances.')
    .option('-C <dir>', 'run in this directory')
    .addOption(new Option('--home <dir>', 'for the daemon: the project, of which DIR is a frozen copy').hideHelp())
    .option('--target <name>', 'a target of millrace.yaml, instead of its default_target')
    .option('--json', 'NDJSON on stdout; the last line is the result')
    .option('-q, --quiet', 'only errors, and the outcome where it is not 0')
    .option('-v, --verbose', 'every batch and request; stacks of errors')
    .option('--no-color', 'no colour')
    .option('--yes', 'answer yes to every question')
    .version(ownVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
  addProjectCommands(program, start)
  addSyncCommands(program, start)
  addScheduleCommands(program, start)
  addHistoryCommands(program, start)
  addForgetCommand(program, start)
  addConnectionCommands(program, start)
  addSandboxCommands(program, start)
  return program
}

function addProjectCommands(program: Command, start: Start): void {
  program
    .command('init [dir]')
    .description('write a project that runs against the sandbox at once')
    .action((dir?: string) => start(async (shell) => (await import('./init.ts')).writeProject(shell, dir)))
  program
    .command('demo')
    .description('the whole sample project on the sandbox, three rounds; begins with a new world')
    .action(() => start(async (shell) => (await import('./demo.ts')).playDemo(shell)))
  program
    .command('doctor')
    .description('what a run needs, looked at one by one, with the fix')
    .action(() => start(async (shell) => (await import('./doctor.ts')).examineAll(shell)))
  program
    .command('grants <warehouse>')
    .description('the rights that a Snowflake warehouse needs, as a script for an administrator; runs nothing')
    .option('--per-schema', 'the administrator makes the schemas')
    .action((kind: string, flags: { readonly perSchema?: boolean }) =>
      start(async (shell) => (await import('./grants.ts')).printGrants(shell, kind, flags)),
    )
  program
    .command('daemon')
    .description('run schedules.yaml until it is stopped')
    .option('--drain <duration>', 'how long runs may go on when it is stopped', '60s')
    .addOption(
      new Option('--git-ref <ref>', 'follow this ref (main, origin/main) instead of the folder').env(
        'MILLRACE_GIT_REF',
      ),
    )
    .option('--listen <address>', 'serve /healthz at HOST:PORT')
    .option('--redis <url>', 'share the work with other daemons (or MILLRACE_REDIS_URL, which ps does not show)')
    .option('--no-redis', 'give up the Redis of earlier daemons for good: the control store is a file of this machine')
    .action((flags: DaemonFlags) => start(async (shell) => (await import('./daemon.ts')).serveSchedules(shell, flags)))
  program
    .command('explain <code>')
    .description('what an error code means')
    .action((code: string) => start(async (shell) => (await import('./explain.ts')).explainCode(shell, code)))
  program
    .command('completion <shell>')
    .description('a script for bash, zsh or fish, which completes commands, options and names')
    .action((name: string) => start(async (shell) => (await import('./completion.ts')).showCompletion(shell, name)))
  program
    .command('__complete [words...]', { hidden: true })
    .action((words: readonly string[]) =>
      start(async (shell) => (await import('./complete.ts')).completeWords(shell, program, words)),
    )
  program
    .command('schema')
    .description('JSON Schemas of the YAML files, for editors')
    .option('--write <dir>', 'write them as files')
    .action((flags: { readonly write?: string }) =>
      start(async (shell) => (await import('./schema.ts')).showSchemas(shell, flags)),
    )
}

function addSyncCommands(program: Command, start: Start): void {
  const sync = program.command('sync').description('load, deliver, and look at what a sync would do')
  sync
    .command('list')
    .description('the syncs of the project')
    .action(() => start(async (shell) => (await import('./sync-list.ts')).listSyncs(shell)))
  sync
    .command('validate')
    .description('all findings at once; no network, no secrets')
    .option('--portable', 'warn of models that DuckDB or Snowflake lacks or reads differently')
    .action((flags: ValidateFlags) =>
      start(async (shell) => (await import('./sync-validate.ts')).validateProject(shell, flags)),
    )
  sync
    .command('plan')
    .argument('[select...]', selectedOrAll)
    .description('what a run would do; writes nothing anywhere')
    .option('--exclude <select...>', 'without these')
    .option('--offline', 'ask no vendor for counts')
    .option('--detailed-exitcode', 'exit 3 where there are changes')
    .action((select: readonly string[], flags: PlanFlags) =>
      start(async (shell) => (await import('./sync-plan.ts')).planChosenSyncs(shell, select, flags)),
    )
  sync
    .command('run')
    .argument('[select...]', selected)
    .description('load and deliver')
    .option('--all', 'every sync of the project')
    .option('--exclude <select...>', 'without these')
    .option('--full-refresh', 'read everything again')
    .option('--limit <n>', 'at most so many rows a stream, or changes')
    .option('--no-wait', 'do not wait where another run is at it (exit 4)')
    .option('--first-run', 'this is the first delivery, and it is meant')
    .option('--baseline', 'take all that the model holds as already delivered; send nothing')
    .option('--rejected-only', 'only rows that were refused before')
    .addOption(
      new Option('--slot <slot>', 'for the daemon: the schedule and the instant that the run serves').hideHelp(),
    )
    .option('--max-added <limit>', 'for this run: N rows, or N%')
    .option('--max-changed <limit>', 'for this run: N rows, or N%')
    .option('--max-removed <limit>', 'for this run: N rows, or N%')
    .option('--max-shrink <limit>', 'for this run: N rows, or N%')
    .addOption(new Option('--on-empty <what>', 'for this run, where a model is empty').choices(['stop', 'proceed']))
    .action((select: readonly string[], flags: RunFlags) =>
      start(async (shell) => (await import('./sync-run.ts')).runChosenSyncs(shell, select, flags)),
    )
  sync
    .command('preview <name>')
    .description('the requests of the next delivery, personal data starred out; sends nothing')
    .option('--limit <n>', 'of so many changes', '10')
    .action((name: string, flags: { readonly limit: string }) =>
      start(async (shell) => (await import('./sync-preview.ts')).previewChosenSync(shell, name, flags)),
    )
  addStatusCommand(sync, start)
  addBackfillCommand(program, start)
}

function addStatusCommand(sync: Command, start: Start): void {
  sync
    .command('status')
    .argument('[select...]', selectedOrAll)
    .description('what each did last, and is doing now; works while a run is on')
    .action((select: readonly string[]) =>
      start(async (shell) => (await import('./sync-status.ts')).showStatus(shell, select)),
    )
  addStateCommands(sync, start)
}

function addHistoryCommands(program: Command, start: Start): void {
  program
    .command('runs')
    .description('the runs, newest first')
    .option('--limit <n>', 'at most so many', '20')
    .option('--sync <name>', 'of this sync')
    .action((flags: { readonly limit: string; readonly sync?: string }) =>
      start(async (shell) => (await import('./runs.ts')).listRuns(shell, flags)),
    )
  const run = program.command('run').description('one run')
  run
    .command('show <id>')
    .description('its ledger, stream by stream; on Snowflake what it cost, too')
    .option('--no-cost', 'without asking the warehouse what it cost')
    .action((id: string, flags: { readonly cost?: boolean }) =>
      start(async (shell) => (await import('./runs.ts')).showRun(shell, id, flags)),
    )
  run
    .command('cancel <id>')
    .description('ask it to stop at its next checkpoint')
    .action((id: string) => start(async (shell) => (await import('./run-cancel.ts')).cancelRun(shell, id)))
  program
    .command('logs [id]')
    .description('what a run said; without an id the newest one')
    .option('-f, --follow', 'go on until it ends; without an id, with whatever begins, until Ctrl-C')
    .option('--sync <name>', 'of this sync')
    .action((id: string | undefined, flags: LogsFlags) =>
      start(async (shell) => (await import('./logs.ts')).showLogs(shell, id, flags)),
    )
  program
    .command('rejects <name>')
    .description('rows that were refused and are not settled')
    .option('--limit <n>', 'at most so many', '100')
    .action((name: string, flags: { readonly limit: string }) =>
      start(async (shell) => (await import('./rejects.ts')).showRejects(shell, name, flags)),
    )
}

function addConnectionCommands(program: Command, start: Start): void {
  const connection = program.command('connection').description('the connections of the project')
  connection
    .command('list')
    .description('what is configured')
    .action(() => start(async (shell) => (await import('./connections.ts')).listConnections(shell)))
  connection
    .command('test [name]')
    .description('sign in, and ask something cheap')
    .action((name?: string) => start(async (shell) => (await import('./connections.ts')).testConnections(shell, name)))
  connection
    .command('discover <name> [stream]')
    .description('streams and objects, live; with a name, its fields')
    .action((name: string, stream?: string) =>
      start(async (shell) => (await import('./connections.ts')).discoverConnection(shell, name, stream)),
    )
}

function addSandboxCommands(program: Command, start: Start): void {
  const sandbox = program
    .command('sandbox')
    .description('the simulators of the vendors: keeps them on until Ctrl-C')
    .option('--seed <n>', 'of a new world')
    .option('--scale <x>', 'of a new world; 1 is about 1,500 companies')
    .action((flags: WorldFlags) =>
      start(async (shell) => (await import('./sandbox-serve.ts')).serveSandboxInForeground(shell, flags)),
    )
  sandbox
    .command('reset')
    .description('make the world anew: day 0, empty journals, no faults')
    .action((_: unknown, command: Command) =>
      start(async (shell) =>
        (await import('./sandbox-act.ts')).resetSandbox(shell, command.optsWithGlobals<WorldFlags>()),
      ),
    )
  sandbox
    .command('move [days]')
    .description('days pass: people opt out, deals close, leads convert, subscriptions end')
    .action((days: string | undefined, _: unknown, command: Command) =>
      start(async (shell) =>
        (await import('./sandbox-act.ts')).moveSandbox(shell, days ?? '1', command.optsWithGlobals<WorldFlags>()),
      ),
    )
  sandbox
    .command('fault [words...]')
    .usage('[<vendor> <name>] [--off] [--times N|always] [--match RE] [--after N] [--chance P] [--key value …]')
    .description(
      'break a vendor on purpose; without words, lists the ways that every vendor has, with a vendor alone its own, too; a key that is a list takes `--ids r2,r3` or `--ids r2 --ids r3`',
    )
    .allowUnknownOption()
    .action((words: readonly string[]) =>
      start(async (shell) => (await import('./sandbox-fault.ts')).setSandboxFault(shell, words)),
    )
  sandbox
    .command('show <vendor> <object> [id]')
    .description('what the vendor now holds')
    .action((vendor: string, object: string, id: string | undefined) =>
      start(async (shell) => (await import('./sandbox-act.ts')).showSandbox(shell, vendor, { object, id })),
    )
  sandbox
    .command('journal <vendor>')
    .description('the requests that the vendor got')
    .option('--since <n>', 'after this one')
    .option('--limit <n>', 'at most so many')
    .action((vendor: string, flags: { readonly since?: string; readonly limit?: string }) =>
      start(async (shell) => (await import('./sandbox-act.ts')).showJournal(shell, vendor, flags)),
    )
}

const selected = 'a sync, tag:x, source:x, destination:x; with + in front what it needs, too'
const selectedOrAll = `${selected} (default: all)`
