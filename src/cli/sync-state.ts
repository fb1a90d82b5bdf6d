import { moveSyncState, planStateMove, type StateMove } from '../app/move-sync-state.ts'
import { readStreamsWithCursor, readSyncState, resetSyncState, type SyncState } from '../app/sync-state.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import type { Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCount, formatCounted, formatInstant } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import { askWhetherMeant, askWhy } from './ask-why.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function showState(shell: Shell, name: string): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const state = await readSyncState(app, sync)
    if (shell.json)
      shell.line({
        type: 'state',
        sync: sync.name,
        target: app.target.name,
        cursors: (state?.cursors ?? []).map(({ stream, partition, cursor, updatedAt }) => ({
          stream,
          partition,
          ...cursor,
          updated_at: updatedAt,
        })),
        snapshot: state?.snapshot ?? null,
        open_intents: state?.openIntents ?? 0,
        open_rejects: state?.openRejects ?? 0,
      })
    else shell.print(state ? stateText(state, shell.color) : ' nothing has been loaded on this target\n')
    return { exitCode: 0 }
  })
}

export type ReasonFlags = { readonly reason?: string }

export type ResetFlags = ReasonFlags & { readonly stream?: string }

/** Asks why, and whether it is meant. */
export async function resetState(shell: Shell, name: string, flags: ResetFlags): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const stream = flags.stream ?? null
    if (stream !== null) await checkStream(sync, stream, await readStreamsWithCursor(app, sync))
    const what = stream === null ? sync.name : `${sync.name}, stream ${stream},`
    const reason = await askWhy(shell, {
      question: `Why is the state of ${what} on ${app.target.name} to be forgotten?`,
      doing: `resetting ${what}`,
      given: flags.reason,
    })
    if (!(await askWhetherMeant(shell, consequence(sync)))) return { exitCode: 4 }
    const { jobsOf } = await resetSyncState(app, sync, { stream, reason })
    shell.say(` The state of ${what} on ${app.target.name} is forgotten. ${consequence(sync)}\n ${writtenDown}`)
    if (jobsOf.length > 0)
      shell.say(
        ` Forgotten with it is a job that run ${jobsOf.join(', run ')} began at the destination and did not see the end of: see there that it is over before you run the sync.`,
      )
    return { exitCode: 0 }
  })
}

export async function moveState(
  shell: Shell,
  { old, name }: { readonly old: string; readonly name: string },
  flags: ReasonFlags,
): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const move = await planStateMove(app, old, sync)
    const reason = await askWhy(shell, {
      question: `Why is the state of ${old} on ${app.target.name} to be moved?`,
      doing: `moving the state of ${old}`,
      given: flags.reason,
    })
    if (!(await askWhetherMeant(shell, consequenceOfMove(move)))) return { exitCode: 4 }
    await moveSyncState(app, move, reason)
    shell.say(` The state of ${old} is that of ${name} now. ${writtenDown}`)
    return { exitCode: 0, result: { from: old, sync: name, differing: move.differing } }
  })
}

function consequenceOfMove({ sync, from, differing }: StateMove): string {
  const renamed = from === sync.name ? '' : `The state of ${from} becomes that of ${sync.name}. `
  if (differing.length === 0) return renamed
  const changes = differing
    .map(({ name, was, now }) => `${name} was ${printable(was)}, is ${printable(now)}`)
    .join('; ')
  return `${renamed}${changes}. What was accepted there is taken for accepted here, opt-outs included: only right where both are the same records.`
}

export const writtenDown = 'Written down in .millrace/audit.ndjson.'

const consequence = (sync: Sync) =>
  sync.kind === 'etl'
    ? 'The next run reads everything again; rows that are loaded stay.'
    : 'The next run compares with nothing: every row is sent again (--first-run), or taken for delivered (--baseline).'

async function checkStream(sync: Sync, stream: string, known: readonly string[]): Promise<void> {
  const names = [...new Set([...known, ...(sync.kind === 'etl' ? sync.streams.map(({ name }) => name) : [])])]
  if (sync.kind === 'etl' && names.includes(stream)) return
  const near = didYouMean(stream, names)
  throw new MillraceError('MR-1002', {
    message:
      sync.kind === 'etl'
        ? `${sync.name} has no stream \`${stream}\``
        : `${sync.name} is reverse ETL, and has no streams`,
    kept: 'Nothing was changed.',
    next:
      sync.kind === 'etl'
        ? near
          ? `Did you mean \`${near}\`?`
          : `There are: ${names.join(', ')}.`
        : 'Leave out --stream.',
  })
}

function stateText({ cursors, snapshot, openIntents, openRejects }: SyncState, color: boolean): string {
  const rows = cursors.map(({ stream, partition, cursor, updatedAt }) => [
    partition === '' ? stream : `${stream} ${partition}`,
    cursor.watermark === null ? 'nothing yet' : formatInstant(cursor.watermark),
    cursor.scan === null
      ? '–'
      : `to ${formatInstant(cursor.scan.upper_bound)}, ${formatCount(cursor.scan.read)} rows so far`,
    updatedAt,
  ])
  const counts = Object.entries(snapshot ?? {}).map(([state, count]) => `${formatCount(count)} ${state}`)
  return [
    rows.length > 0 ? renderTable(columns, rows, { color }) : '',
    snapshot === null ? '' : ` snapshot: ${counts.join(', ')}\n`,
    ` ${formatCounted(openIntents, 'open intent')}, ${formatCounted(openRejects, 'open reject')}\n`,
  ].join('')
}

const columns = ['stream', 'complete to', 'scan under way', 'committed']
