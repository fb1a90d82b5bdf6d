/** State by hand: into a file, out of a file. */
import { once } from 'node:events'
import { resolve } from 'node:path'
import { exportSyncState, importSyncState, readStateFile, type StateImport } from '../app/export-state.ts'
import type { StateCounts } from '../app/state-file-format.ts'
import type { Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCount } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'
import { askWhetherMeant, askWhy } from './ask-why.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'
import { writtenDown, type ReasonFlags } from './sync-state.ts'

/** Without a file the lines are the output. */
export async function exportState(
  shell: Shell,
  { name, file }: { readonly name: string; readonly file: string | undefined },
  flags: ReasonFlags,
): Promise<CommandResult> {
  if (file === undefined && shell.json)
    throw new MillraceError('MR-1001', {
      message: 'sync state export --json needs a FILE: without one, the state itself is on stdout',
      kept: 'Nothing was written.',
    })
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const reason = await askWhy(shell, {
      question: `Why is the state of ${name} on ${app.target.name} to be taken out?`,
      doing: `exporting the state of ${name}`,
      given: flags.reason,
    })
    const rows = await exportSyncState(app, sync, {
      file: file === undefined ? null : resolve(shell.directory, file),
      write: async (text) => {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain')
      },
      reason,
    })
    shell.say(` ${inWords(rows)}${file === undefined ? '' : ` in ${printable(file)}`}. ${writtenDown}`)
    return { exitCode: 0, result: { sync: name, file: file ?? null, rows } }
  })
}

export async function importState(
  shell: Shell,
  { name, file }: { readonly name: string; readonly file: string },
  flags: ReasonFlags,
): Promise<CommandResult> {
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const path = resolve(shell.directory, file)
    const state = await readStateFile(sync, path)
    const reason = await askWhy(shell, {
      question: `Why is the state of ${name} on ${app.target.name} to be replaced?`,
      doing: `importing the state of ${name}`,
      given: flags.reason,
    })
    if (!(await askWhetherMeant(shell, consequenceOfImport(sync, state)))) return { exitCode: 4 }
    await importSyncState(app, sync, { file: path, reason, state })
    shell.say(` ${inWords(state.rows)} are the state of ${name} on ${app.target.name} now. ${writtenDown}`)
    return { exitCode: 0, result: { sync: name, rows: state.rows } }
  })
}

function consequenceOfImport(sync: Sync, { header, rows }: StateImport): string {
  const from = `${inWords(rows)} of ${printable(header.sync)} on ${printable(header.target)}, exported ${printable(header.exported_at)}, take the place of the state of ${sync.name}.`
  return sync.kind === 'etl'
    ? `${from} What the tables lack of the time before those cursors is never read again; rejects that stand here stay.`
    : `${from} What was sent since that export is compared with what was accepted then.`
}

function inWords(rows: StateCounts): string {
  const counts = Object.entries(rows).filter(([table, count]) => table !== 'snapshots' && count > 0)
  if (counts.length === 0) return 'No rows'
  return counts.map(([table, count]) => `${formatCount(count)} ${wordsOf.get(table) ?? table}`).join(', ')
}

const wordsOf: ReadonlyMap<string, string> = new Map([
  ['snapshot', 'keys of the snapshot'],
  ['intents', 'open intents'],
  ['rejects', 'rejects'],
  ['cursors', 'cursors'],
])
