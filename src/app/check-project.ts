import type { z } from 'zod'
import { checkAgainstConnectors } from '../config/check-against-connectors.ts'
import type { Project, Sync, Target } from '../config/project.ts'
import { connectionKeys, resolveSecrets } from '../config/secrets.ts'
import type { Connector } from '../connector/contract.ts'
import { listConnectors, loadConnector } from '../connector/registry.ts'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { MillraceError, MillraceErrors } from '../model/millrace-error.ts'
import type { App } from './app.ts'
import { foreignModelsOfSyncs } from './foreign-models.ts'

/**
 * Connections, streams and objects against the connectors that there are: no network, no secrets.
 * @param target the models of all syncs against its warehouse, too
 * @throws MillraceErrors with every finding at once
 */
export async function checkProject(project: Project, target?: Target): Promise<void> {
  const known = listConnectors(project.root).map((place) => place.name)
  const used = new Set(Object.values(project.connections).map((connection) => connection.connector))
  const connectors = new Map<string, Connector>()
  const findings: MillraceError[] = []
  for (const name of known.filter((each) => used.has(each)))
    await keepFindings(findings, async () => void connectors.set(name, await loadConnector(name, project.root)))
  await keepFindings(findings, () =>
    checkAgainstConnectors(project, {
      connectorNames: () => known,
      streamNames: (name) => connectors.get(name)?.streamNames ?? null,
      streamOptions: (name) => connectors.get(name)?.streamOptions ?? null,
      objectNames: (name) => connectors.get(name)?.objectNames ?? null,
      objectOptions: (name) => connectors.get(name)?.objectOptions ?? null,
      configSchema: (name): z.ZodObject | null => connectors.get(name)?.config ?? null,
    }),
  )
  if (target) findings.push(...foreignModelsOfSyncs(project, target))
  if (findings.length > 0) throw new MillraceErrors(findings)
}

/**
 * The secrets that a run of these syncs needs, before anything runs. A sandbox needs none; what may not deliver is not asked for any.
 * @throws MillraceErrors MR-1301, each secret once
 */
export async function checkSecrets(
  app: Pick<App, 'project' | 'target' | 'env'>,
  syncs: readonly Sync[],
): Promise<void> {
  if (app.target.sandbox) return
  const findings: MillraceError[] = []
  for (const name of neededConnections(syncs, app.target)) {
    const connection = app.project.connections[name]
    if (!connection) continue
    const sources = { env: app.env, readFile: (path: string) => readFile(resolve(app.project.home, path), 'utf8') }
    const context = { connection: name, project: app.project }
    await keepFindings(
      findings,
      async () => void (await resolveSecrets(connectionKeys(connection, app.target), sources, context)),
    )
  }
  if (findings.length > 0) throw new MillraceErrors(findings)
}

function neededConnections(syncs: readonly Sync[], target: Target): ReadonlySet<string> {
  return new Set(
    syncs.flatMap((sync) => (sync.kind === 'etl' ? [sync.source] : target.deliver ? [sync.destination] : [])),
  )
}

async function keepFindings(findings: MillraceError[], check: () => void | Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    if (error instanceof MillraceErrors) for (const each of error.errors) findings.push(each)
    else if (error instanceof MillraceError) findings.push(error)
    else throw error
  }
}
