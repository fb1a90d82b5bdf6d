import type { Command } from 'commander'
import type { Start } from './commands.ts'
import type { HistoryFlags } from './schedule-control.ts'
import type { NextFlags } from './schedule-next.ts'

/** The words and flags of `schedule`. */
export function addScheduleCommands(program: Command, start: Start): void {
  const schedule = program.command('schedule').description('when syncs run')
  schedule
    .command('list')
    .description('the schedules of the project')
    .action(() => start(async (shell) => (await import('./schedule-list.ts')).listSchedules(shell)))
  schedule
    .command('next [name]')
    .description('the next slots of one, or of all: local time, UTC, and what daylight saving does')
    .option('--count <n>', 'so many', '10')
    .action((name: string | undefined, flags: NextFlags) =>
      start(async (shell) => (await import('./schedule-next.ts')).showNextSlots(shell, name, flags)),
    )
  schedule
    .command('explain <name>')
    .description('what it is, in words')
    .action((name: string) =>
      start(async (shell) => (await import('./schedule-explain.ts')).explainSchedule(shell, name)),
    )
  schedule
    .command('history [name]')
    .description('slots that ran, were skipped or were missed, and why')
    .option('--limit <n>', 'at most so many', '20')
    .action((name: string | undefined, flags: HistoryFlags) =>
      start(async (shell) => (await import('./schedule-control.ts')).showSlots(shell, name, flags)),
    )
  for (const [word, description, act] of scheduleControls)
    schedule
      .command(`${word} <name>`)
      .description(description)
      .action((name: string) => start(async (shell) => (await import('./schedule-control.ts'))[act](shell, name)))
}

const scheduleControls = [
  ['pause', 'its slots do not run until it is resumed', 'pauseSchedule'],
  ['resume', 'its slots run again', 'resumeSchedule'],
  ['trigger', 'run it now, beside its slots', 'triggerSchedule'],
] as const
