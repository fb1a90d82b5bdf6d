import type { Command } from 'commander'
import type { BackfillFlags } from './backfill.ts'
import type { Start } from './commands.ts'

/** The words and flags of `backfill`. */
export function addBackfillCommand(program: Command, start: Start): void {
  program
    .command('backfill <name>')
    .description('read a range of the past again, in parts, beside the live sync')
    .option(
      '--stream <name>',
      'this stream; may be given again (default: all)',
      (name: string, before: readonly string[]) => [...before, name],
      [],
    )
    .option('--from <when>', 'a day or an instant, UTC (default: the start of the sync)')
    .option('--to <when>', 'exclusive (default: as far as the live sync has come)')
    .option('--step <duration>', 'the length of a part: 12h, 7d, 1mo (months of the calendar, UTC)', '1d')
    .option('--column <name>', 'read this field alone, for rows that stand (the others stay as they are)')
    .option('--parallel <n>', 'parts at once', '2')
    .option('--again', 'also what is done')
    .option('--dry-run', 'only show the parts, and about how many requests they take')
    .option('--no-wait', 'do not wait where another run is at it (exit 4)')
    .action((name: string, flags: BackfillFlags) =>
      start(async (shell) => (await import('./backfill.ts')).backfillSync(shell, name, flags)),
    )
}
