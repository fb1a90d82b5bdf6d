import { guardKeys } from '../connector/address-guard.ts'
import type { OpenedConnector } from '../connector/contract.ts'
import { createHost, type EngineHost, type HostOptions } from '../connector/create-host.ts'
import type { Redactor } from '../connector/redact.ts'
import { redactedConnector, redactThrown } from '../connector/redacted-connector.ts'
import { loadConnector, whereKeysAreTold } from '../connector/registry.ts'
import { issueWords } from '../model/issue-words.ts'
import { MillraceErrors, MillraceError } from '../model/millrace-error.ts'
import { inSession } from '../warehouse/session-context.ts'
import type { App } from './app.ts'
import { readConnectionKeys } from './project-sandbox.ts'
import { dropDeadVendorFolders, dropVendorFolder, vendorFolder } from './vendor-files.ts'

export type OpenedConnection = {
  readonly name: string
  readonly connectorName: string
  readonly connector: OpenedConnector
  readonly host: EngineHost
  /** The vendor's clock (its Date header); ours where it tells none. */
  readonly now: () => Promise<Date>
  readonly close: () => Promise<void>
}

/**
 * Opens a connection for a run: keys checked and resolved, host and SDK built.
 * `spool`: where the connector's files lie, a folder that the caller's lease keeps, and that it clears; without one they lie in
 * a folder of this process. `mayBegin` and `onAnswerLost` as of the host.
 */
export async function openConnection(
  app: App,
  name: string,
  runId: string,
  { spool = vendorFolder(app), mayBegin, onAnswerLost }: OpenOptions = {},
): Promise<OpenedConnection> {
  const keys = await readConnectionKeys(app, name)
  const configured = app.project.connections[name]
  const definition = await loadConnector(configured?.connector ?? '', app.project.root)
  await dropDeadVendorFolders(app).catch((error: unknown) => sayLeft(app, runId, error))
  const host = createHost({
    connection: name,
    runId,
    emit: app.emit,
    spoolDir: spool,
    signal: app.signal,
    secrets: keys.secrets,
    clock: app.clock,
    inSession,
    ...(mayBegin && { mayBegin }),
    ...(onAnswerLost && { onAnswerLost }),
  })
  try {
    const { redactor } = host
    const config = await parseKeys(definition, { name, keys: keys.value, redactor, projectRoot: app.project.root })
    // The schema that made these keys is the one that types them; the registry cannot know it.
    const connector = await openRedacted(host.redactor, () => definition.open({ config: config as never, host }))
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
      close: () => closeAll([async () => connector.close?.(), host.close, () => dropVendorFolder(spool)]),
    }
  } catch (error) {
    await closeAll([host.close, () => dropVendorFolder(spool)])
    throw error
  }
}

/** Opens it for this work alone, and closes it behind it. */
export async function withConnection<T>(
  app: App,
  name: string,
  runId: string,
  work: (connection: OpenedConnection) => Promise<T>,
): Promise<T> {
  const connection = await openConnection(app, name, runId)
  try {
    return await work(connection)
  } finally {
    await connection.close()
  }
}

type OpenOptions = { readonly spool?: string } & Pick<HostOptions, 'mayBegin' | 'onAnswerLost'>

type Keys = { readonly name: string; readonly keys: unknown; readonly redactor: Redactor; readonly projectRoot: string }

/** @throws MillraceErrors MR-1201; MR-3008 */
async function parseKeys(
  { name: connector, config }: Awaited<ReturnType<typeof loadConnector>>,
  { name, keys, redactor, projectRoot }: Keys,
): Promise<unknown> {
  const parsed = config.safeParse(keys, { error: issueWords })
  if (!parsed.success)
    throw new MillraceErrors(
      parsed.error.issues.map(
        (issue) =>
          new MillraceError('MR-1201', {
            message: `connection ${name}: ${issue.path.join('.') || 'its keys'}: ${redactor.text(issue.message)}`,
            kept: 'Nothing was run.',
            next: `Its keys are told in ${whereKeysAreTold(connector, projectRoot)}`,
          }),
      ),
    )
  await guardKeys(parsed.data)
  return parsed.data
}

/** Not a reason to open nothing; but whoever runs this should know that it lies there. */
export const sayLeft = (app: App, runId: string, error: unknown) =>
  app.emit({
    type: 'run.warning',
    run_id: runId,
    message: `files that a dead run had from its vendor cannot be removed: ${error instanceof Error ? error.message : String(error)}`,
  })

/** In order, each whatever became of those before it: a connector that cannot close leaves no file behind. */
async function closeAll([first, ...rest]: readonly (() => Promise<void>)[]): Promise<void> {
  try {
    await first?.()
  } finally {
    if (rest.length > 0) await closeAll(rest)
  }
}

async function openRedacted(redactor: Redactor, open: () => Promise<OpenedConnector>): Promise<OpenedConnector> {
  try {
    return redactedConnector(await open(), redactor)
  } catch (error) {
    throw redactThrown(error, redactor)
  }
}
