import { serveProjectSandbox } from '../app/command-sandbox.ts'
import { renderTable } from '../render/table.ts'
import { openConnections } from './open-project.ts'
import { worldOptions, type WorldFlags } from './sandbox-world.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Keeps the sandbox on until Ctrl-C, which is its ordinary end. */
export async function serveSandboxInForeground(shell: Shell, flags: WorldFlags): Promise<CommandResult> {
  const project = await openConnections(shell)
  const sandbox = await serveProjectSandbox(project, worldOptions(flags))
  const asked = shell.stop.listen('ends')
  const status = await sandbox.status()
  if (shell.json)
    for (const { name, host, port, connection } of status.vendors)
      shell.line({ type: 'vendor', name, host, port, connection })
  else
    shell.print(
      renderTable(
        columns,
        status.vendors.map(({ name, host, port, records }) => [name, `http://${host}:${port}`, recordsText(records)]),
        { color: shell.color },
      ),
    )
  shell.say(
    ` seed ${status.seed}, scale ${status.scale}, day ${status.day}, its clock stands at ${status.now}; Ctrl-C ends it`,
  )
  await asked
  await sandbox.close()
  return { exitCode: 0 }
}

const recordsText = (records: { readonly [type: string]: number }) =>
  Object.entries(records)
    .filter(([, count]) => count > 0)
    .slice(0, shownTypes)
    .map(([type, count]) => `${type} ${count.toLocaleString('en-US')}`)
    .join(', ')

const columns = ['vendor', 'address', 'holds']
const shownTypes = 6
