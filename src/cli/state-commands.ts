/** State of a sync by hand, and what millrace keeps of a person. */
import type { Command } from 'commander'
import type { Start } from './commands.ts'
import type { ForgetFlags } from './forget.ts'
import type { ReasonFlags, ResetFlags } from './sync-state.ts'

export function addStateCommands(sync: Command, start: Start): void {
  const state = sync.command('state').description('cursor and snapshot of a sync')
  state
    .command('show <name>')
    .description('how far its streams are complete, what the destination has accepted, what is open')
    .action((name: string) => start(async (shell) => (await import('./sync-state.ts')).showState(shell, name)))
  state
    .command('reset <name>')
    .description('forget it; asks why, and is written down')
    .option('--stream <name>', 'of this stream only')
    .option('--reason <text>', 'why')
    .action((name: string, flags: ResetFlags) =>
      start(async (shell) => (await import('./sync-state.ts')).resetState(shell, name, flags)),
    )
  state
    .command('move <old> <new>')
    .description('a sync was renamed, or its account, object or options; the old name may be the new one')
    .option('--reason <text>', 'why')
    .action((old: string, name: string, flags: ReasonFlags) =>
      start(async (shell) => (await import('./sync-state.ts')).moveState(shell, { old, name }, flags)),
    )
  state
    .command('export <name> [file]')
    .description('its state as lines, to a file or to stdout; holds what was sent')
    .option('--reason <text>', 'why')
    .action((name: string, file: string | undefined, flags: ReasonFlags) =>
      start(async (shell) => (await import('./sync-state-file.ts')).exportState(shell, { name, file }, flags)),
    )
  state
    .command('import <name> <file>')
    .description('puts what export wrote in place of its state')
    .option('--reason <text>', 'why')
    .action((name: string, file: string, flags: ReasonFlags) =>
      start(async (shell) => (await import('./sync-state-file.ts')).importState(shell, { name, file }, flags)),
    )
}

export function addForgetCommand(program: Command, start: Start): void {
  program
    .command('forget <key>')
    .description('erase a person’s values from everything that millrace keeps; a compound key as a JSON list')
    .option('--sync <name>', 'only what this sync keeps')
    .option('--dry-run', 'only say what stands where')
    .option('--drop-unsent', 'also where the destination is still to be told')
    .option('--reason <text>', 'why')
    .action((key: string, flags: ForgetFlags) =>
      start(async (shell) => (await import('./forget.ts')).forgetPerson(shell, key, flags)),
    )
}
