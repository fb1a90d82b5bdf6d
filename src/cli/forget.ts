import { countsOf, findPerson, forgetPerson as erase, type Forgetting } from '../app/forget.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCount } from '../render/format-number.ts'
import { renderTable } from '../render/table.ts'
import { askWhetherMeant, askWhy } from './ask-why.ts'
import { findSync } from './find-sync.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

export type ForgetFlags = {
  readonly sync?: string
  readonly dryRun?: boolean
  readonly dropUnsent?: boolean
  readonly reason?: string
}

export async function forgetPerson(shell: Shell, key: string, flags: ForgetFlags): Promise<CommandResult> {
  if (key.trim() === '')
    throw new MillraceError('MR-1001', { message: 'forgetting nobody: the key is empty', kept: 'Nothing was erased.' })
  return withApp(shell, { check: false }, async (app) => {
    const request = { key, sync: flags.sync ?? null, dropUnsent: flags.dropUnsent === true }
    const found = await findPerson(app, request)
    const isNothing = Object.values(countsOf(found)).every((count) => count === 0)
    // One that was taken out of the project may still keep something; of a name that is misspelt nothing is said to be gone.
    if (isNothing && flags.sync !== undefined) findSync(app.project, flags.sync)
    if (flags.dryRun || isNothing) {
      show(shell, found)
      shell.say(isNothing ? ' millrace keeps nothing of this key.' : ' Nothing was erased: this was --dry-run.')
      return { exitCode: 0, result: resultOf(found, false) }
    }
    const reason = await askWhy(shell, {
      question: 'Why is this person to be forgotten?',
      doing: 'forgetting a person',
      given: flags.reason,
    })
    if (!shell.yes) show(shell, found)
    if (!(await askWhetherMeant(shell, 'All of this is erased, and nothing brings it back.'))) return { exitCode: 4 }
    const done = await erase(app, request, reason)
    show(shell, done)
    shell.say(
      ' Erased. Loaded tables, exported state files and backups are yours: they were not touched. Written down in .millrace/audit.ndjson, without the key.',
    )
    return { exitCode: 0, result: resultOf(done, true) }
  })
}

function show(shell: Shell, { places, keepsHash, unsent, events, spool }: Forgetting): void {
  if (shell.json) return
  const rows = [
    ...places.map(({ sync, table, rows: count }) => [
      table === 'snapshot' ? `snapshot_${sync}` : table,
      sync,
      formatCount(count),
    ]),
    ...(events > 0 ? [['events of runs', '', formatCount(events)]] : []),
    ...(spool > 0 ? [['spooled rows of dead runs', '', formatCount(spool)]] : []),
  ]
  if (rows.length > 0) shell.print(renderTable(columns, rows, { color: shell.color }))
  for (const sync of keepsHash)
    shell.say(
      ` ${sync}: its model still has this person. The key and the hash of what was sent stay, so that the next run does not send the person as new; that run keeps the values of the model again. Take the person out of the model's sources, and forget once more.`,
    )
  for (const { sync, why } of unsent) shell.say(` ${sync}: ${why}.`)
}

const resultOf = (forgetting: Forgetting, erased: boolean) => ({
  erased,
  rows: countsOf(forgetting),
  places: forgetting.places.map(({ sync, table, rows }) => ({ sync, table, rows })),
  keeps_hash: forgetting.keepsHash,
  unsent: forgetting.unsent,
})

const columns = ['where', 'sync', { header: 'rows', align: 'right' as const }]
