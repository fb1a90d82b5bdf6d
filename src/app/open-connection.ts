import { join } from 'node:path'
import { guardKeys } from '../connector/address-guard.ts'
import type { OpenedConnector } from '../connector/contract.ts'
import { createHost, type EngineHost } from '../connector/create-host.ts'
import type { Redactor } from '../connector/redact.ts'
import { redactedConnector, redactThrown } from '../connector/redacted-connector.ts'
import { loadConnector } from '../connector/registry.ts'
import { MillraceErrors, MillraceError } from '../model/millrace-error.ts'
import { inSession } from '../warehouse/session-context.ts'
import type { App } from './app.ts'
import { readConnectionKeys } from './project-sandbox.ts'

export type OpenedConnection = {
  readonly name: string
  readonly connectorName: string
  readonly connector: OpenedConnector
  readonly host: EngineHost
  /** The vendor's clock (its Date header); ours where it tells none. */
  readonly now: () => Promise<Date>
  readonly close: () => Promise<void>
}

/** Opens a connection for a run: keys checked and resolved, host and SDK built. */
export async function openConnection(app: App, name: string, runId: string): Promise<OpenedConnection> {
  const keys = await readConnectionKeys(app, name)
  const configured = app.project.connections[name]
  const definition = await loadConnector(configured?.connector ?? '', app.project.root)
  const host = createHost({
    connection: name,
    runId,
    emit: app.emit,
    spoolDir: join(app.spoolDir, '_vendor', runId),
    signal: app.signal,
    secrets: keys.secrets,
    clock: app.clock,
    inSession,
  })
  const parsed = definition.config.safeParse(keys.value)
  if (!parsed.success)
    throw new MillraceErrors(
      parsed.error.issues.map(
        (issue) =>
          new MillraceError('MR-1201', {
            message: `connection ${name}: ${issue.path.join('.') || 'its keys'}: ${host.redactor.text(issue.message)}`,
            kept: 'Nothing was run.',
            next: `See connectors/${definition.name}/README.md for the keys of this connector.`,
          }),
      ),
    )
  await guardKeys(parsed.data)
  // The schema that made these keys is the one that types them; the registry cannot know it.
  const connector = await openRedacted(host.redactor, () => definition.open({ config: parsed.data as never, host }))
  return {
    name,
    connectorName: definition.name,
    connector,
    host,
    async now() {
      if (connector.now) return connector.now({ signal: app.signal })
      await connector.check({ signal: app.signal })
      return host.lastDate() ?? app.clock.now()
    },
    async close() {
      await connector.close?.()
      await host.close()
    },
  }
}

async function openRedacted(redactor: Redactor, open: () => Promise<OpenedConnector>): Promise<OpenedConnector> {
  try {
    return redactedConnector(await open(), redactor)
  } catch (error) {
    throw redactThrown(error, redactor)
  }
}
