/** Commands that act on the running or the kept sandbox. */
import { withKeptSandbox, withNewWorld } from '../app/command-sandbox.ts'
import { formatInstant } from '../render/format-number.ts'
import { printable } from '../render/printable.ts'
import { openConnections } from './open-project.ts'
import { parseCount } from './parse-count.ts'
import { worldOptions, type WorldFlags } from './sandbox-world.ts'
import type { CommandResult, Shell } from './shell.ts'

/** The world anew: day 0, empty journals, no faults. */
export async function resetSandbox(shell: Shell, flags: WorldFlags): Promise<CommandResult> {
  const asked = worldOptions(flags)
  const project = await openConnections(shell)
  return withNewWorld(project, asked, async (sandbox) => {
    const { day, now, ...world } = await sandbox.status()
    if (shell.json) shell.line({ type: 'sandbox', day, now, seed: world.seed, scale: world.scale })
    else shell.print(` a new world: seed ${world.seed}, scale ${world.scale}, day ${day}, ${formatInstant(now)}\n`)
    shell.say(' The warehouse is not part of it: what was loaded before is there still, of the world before.')
    return { exitCode: 0 }
  })
}

/** Days pass. */
export async function moveSandbox(shell: Shell, days: string, flags: Pick<WorldFlags, 'seed'>): Promise<CommandResult> {
  const count = parseCount('sandbox move', days)
  const { seed } = worldOptions(flags)
  const project = await openConnections(shell)
  return withKeptSandbox(project, async (sandbox) => {
    for (const { day, end, events } of await sandbox.move(count, seed))
      if (shell.json) shell.line({ type: 'day', day, end, events })
      else {
        const told = Object.entries(events).map(([kind, times]) => `${times} ${kind.replaceAll('_', ' ')}`)
        shell.print(` day ${day}, to ${formatInstant(end)}: ${told.join(', ')}\n`)
      }
    return { exitCode: 0 }
  })
}

/** What the vendor holds now: the truth that tests compare with. A record a line. */
export async function showSandbox(
  shell: Shell,
  vendor: string,
  asked: { readonly object: string; readonly id: string | undefined },
): Promise<CommandResult> {
  const project = await openConnections(shell)
  return withKeptSandbox(project, async (sandbox) => {
    const records = await sandbox.show(vendor, asked.object, asked.id)
    for (const record of records)
      if (shell.json) shell.line({ type: 'record', vendor, object: asked.object, record })
      else shell.print(asked.id === undefined ? `${JSON.stringify(record)}\n` : `${JSON.stringify(record, null, 2)}\n`)
    if (records.length === 0)
      shell.say(` ${vendor} holds no ${asked.object}${asked.id === undefined ? '' : ` ${asked.id}`}`)
    return { exitCode: 0, result: { records: records.length } }
  })
}

/** The requests that the vendor got, oldest first. */
export async function showJournal(
  shell: Shell,
  vendor: string,
  flags: { readonly since?: string; readonly limit?: string },
): Promise<CommandResult> {
  const since = flags.since === undefined ? undefined : parseCount('--since', flags.since, 0)
  const limit = flags.limit === undefined ? undefined : parseCount('--limit', flags.limit)
  const project = await openConnections(shell)
  return withKeptSandbox(project, async (sandbox) => {
    for (const entry of await sandbox.journal(vendor, { since, limit }))
      if (shell.json) {
        const { bodyBytes, handledStatus, ...rest } = entry
        shell.line({ type: 'request', ...rest, body_bytes: bodyBytes, handled_status: handledStatus })
      } else {
        const fault = entry.fault === null ? '' : `  fault ${entry.fault}`
        const text = `${entry.sequence}  ${entry.method} ${entry.path}  ${entry.status ?? 'no answer'}${fault}`
        shell.print(` ${printable(text)}\n`)
      }
    return { exitCode: 0 }
  })
}
