import { lookInWarehouse } from '../app/look-in-warehouse.ts'
import { findSync } from './find-sync.ts'
import { formatCounted } from '../render/format-number.ts'
import { textOnTarget } from '../render/on-target.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import { withApp } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Rows that were refused and not settled since: open or parked. */
export async function showRejects(
  shell: Shell,
  name: string,
  flags: { readonly limit: string },
): Promise<CommandResult> {
  const limit = parseCount('--limit', flags.limit)
  return withApp(shell, { check: false }, async (app) => {
    const sync = findSync(app.project, name)
    const { rows: found, open } = await lookInWarehouse(
      app,
      { runId: 'cli', purpose: `rejects of ${sync.name}` },
      {
        look: async ({ state }) => ({
          rows: await state.readRejects({ sync: sync.name, limit }),
          open: await state.countOpenRejects(sync.name),
        }),
        nothing: { rows: [], open: 0 },
      },
    )
    const rows = found.map((row) => ({ ...row, message: textOnTarget(row.message, shell.target) }))
    if (shell.json) for (const row of rows) shell.line({ type: 'reject', ...row })
    else if (rows.length > 0)
      shell.print(
        renderTable(
          columns,
          rows.map((row) => [
            row.stream,
            row.key,
            row.code,
            row.state,
            String(row.attempts),
            row.last_at,
            printable(row.message),
          ]),
          { color: shell.color },
        ),
      )
    shell.say(` ${formatCounted(open, 'open reject')}${rows.length < open ? `, ${rows.length} shown` : ''}`)
    return { exitCode: 0, result: { open } }
  })
}

const columns = ['where', 'key', 'code', 'state', 'attempts', 'last', 'message']
