/** Connections: what is configured, whether they answer, what they offer. */
import type { App } from '../app/app.ts'
import { withConnection } from '../app/open-connection.ts'
import { didYouMean } from '../model/did-you-mean.ts'
import { exitCodeOf, type RunOutcome } from '../model/exit-code.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { detailText, discoveryText } from '../render/discovery-text.ts'
import { errorsOf } from '../render/errors-of.ts'
import { formatSeconds } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'
import { renderTable } from '../render/table.ts'
import { withApp } from './open-app.ts'
import { openProject } from './open-project.ts'
import { reportError } from './report-error.ts'
import type { CommandResult, Shell } from './shell.ts'

export async function listConnections(shell: Shell): Promise<CommandResult> {
  const project = await openProject(shell)
  const rows = Object.values(project.connections).map(({ name, connector }) => {
    const using = project.syncs.filter((sync) => (sync.kind === 'etl' ? sync.source : sync.destination) === name)
    return { name, connector, syncs: using.map((sync) => sync.name) }
  })
  if (shell.json) for (const row of rows) shell.line({ type: 'connection', ...row })
  else {
    const cells = rows.map((row) => [row.name, row.connector, row.syncs.join(', ')])
    shell.print(renderTable(['connection', 'connector', 'syncs'], cells, { color: shell.color }))
  }
  return { exitCode: 0 }
}

/** A cheap signed-in request to each, or to the one. */
export async function testConnections(shell: Shell, only: string | undefined): Promise<CommandResult> {
  return withApp(shell, { check: 'target' }, async (app) => {
    const names = only === undefined ? Object.keys(app.project.connections) : [known(app, only)]
    const outcomes: (RunOutcome | Error)[] = []
    for (const name of names) {
      const began = performance.now()
      try {
        const account = await withConnection(app, name, 'cli', async ({ connector }) => {
          await connector.check({ signal: app.signal })
          return connector.account({ signal: app.signal })
        })
        const seconds = (performance.now() - began) / 1000
        if (shell.json) shell.line({ type: 'connection_test', connection: name, ok: true, account, seconds })
        else shell.print(` ✓ ${printable(name)}  ${printable(account)}  ${formatSeconds(seconds)}\n`)
        outcomes.push({ status: 'ok' })
      } catch (error) {
        if (shell.json) shell.line({ type: 'connection_test', connection: name, ok: false })
        else shell.print(` ✗ ${printable(name)}\n`)
        reportError(shell, error)
        // Where it is not set up right, nothing was asked.
        outcomes.push(
          ...errorsOf(error).map((one) => (one.exitCode === 2 ? one : ({ status: 'failed', error: one } as const))),
        )
      }
    }
    return { exitCode: exitCodeOf(outcomes) }
  })
}

/** Streams and objects, live. With one's name, all that is known of it and its fields. */
export async function discoverConnection(
  shell: Shell,
  name: string,
  wanted: string | undefined,
): Promise<CommandResult> {
  return withApp(shell, { check: 'target' }, async (app) => {
    const { discover } = await import('../app/discover.ts')
    const found = await withConnection(app, known(app, name), 'cli', ({ connector }) =>
      discover(connector, { connection: name, wanted, signal: app.signal }),
    )
    if (shell.json) for (const each of found) shell.line(each)
    else shell.print((wanted === undefined ? discoveryText : detailText)(found, { color: shell.color }))
    return { exitCode: 0 }
  })
}

function known({ project }: App, name: string): string {
  const names = Object.keys(project.connections)
  if (names.includes(name)) return name
  const near = didYouMean(name, names)
  throw new MillraceError('MR-1002', {
    message: `there is no connection \`${name}\``,
    next: near ? `Did you mean \`${near}\`?` : `There are: ${names.join(', ')}.`,
  })
}
