import { previewSync } from '../app/preview-sync.ts'
import { selectSyncs } from '../config/select.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { formatCounted } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'
import { withApp } from './open-app.ts'
import { parseCount } from './parse-count.ts'
import type { CommandResult, Shell } from './shell.ts'

/** The requests that the next run would send, should no guard hold it; nothing is sent. */
export async function previewChosenSync(
  shell: Shell,
  name: string,
  flags: { readonly limit: string },
): Promise<CommandResult> {
  const limit = parseCount('--limit', flags.limit)
  return withApp(shell, {}, async (app) => {
    const [sync] = selectSyncs(app.project, { select: [name], exclude: [], all: false })
    if (sync?.kind !== 'reverse_etl')
      throw new MillraceError('MR-1001', {
        message: `sync preview ${name}: it is ETL, and sends nothing.`,
        next: `millrace sync plan ${name}   shows what it would read`,
      })
    const requests = await previewSync(app, sync, { limit })
    for (const request of requests)
      if (shell.json) shell.line({ type: 'request', ...request })
      else shell.print(` ${printable(`${request.method} ${request.path}`)}\n${bodyText(request.body)}\n`)
    shell.say(
      ` ${formatCounted(requests.length, 'request')} for the first ${formatCounted(limit, 'row')}; nothing was sent.\n Guards are not asked here:  millrace sync plan ${name}`,
    )
    return { exitCode: 0, result: { requests: requests.length } }
  })
}

function bodyText(body: unknown): string {
  if (body === null || body === undefined) return ''
  const lines = JSON.stringify(body, null, 2).split('\n')
  return lines.map((line) => `   ${/^ */.exec(line)?.[0] ?? ''}${printable(line.trimStart())}\n`).join('')
}
