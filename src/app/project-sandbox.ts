import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Project, Target } from '../config/project.ts'
import type { App } from './app.ts'
import { connectionKeys, resolveSecrets, type Resolved } from '../config/secrets.ts'
import { listConnectors, loadSimulatorPaths } from '../connector/registry.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { openSandbox, type OpenedSandbox } from '../sandbox/process.ts'
import type { SandboxOptions } from '../sandbox/serve.ts'

export type ProjectSandbox = OpenedSandbox

/** The simulators of the connectors that this project's connections use. */
export function sandboxOptions(project: Project): SandboxOptions {
  const used = [...new Set(Object.values(project.connections).map((connection) => connection.connector))].sort()
  const paths = loadSimulatorPaths(project.root, used)
  return { projectDir: project.home, simulators: [...paths].map(([name, path]) => ({ name, path })) }
}

export const openProjectSandbox = (project: Project): Promise<ProjectSandbox> => openSandbox(sandboxOptions(project))

/**
 * A connection's keys, ready for its connector: on a sandbox target they point at the simulator and hold its credentials,
 * so that no secret of yours is even looked up; elsewhere references are resolved.
 */
export async function readConnectionKeys(
  app: Pick<App, 'project' | 'target' | 'env' | 'sandbox'>,
  name: string,
): Promise<Resolved> {
  const connection = app.project.connections[name]
  if (!connection)
    throw new MillraceError('MR-1002', {
      message: `There is no connection ${name} in millrace.yaml.`,
      next: 'millrace connection list',
    })
  const keys = connectionKeys(connection, app.target)
  if (!isSandboxed(app.target))
    return resolveSecrets(
      keys,
      { env: app.env, readFile: (path) => readFile(resolve(app.project.home, path), 'utf8') },
      { connection: name, project: app.project },
    )
  const sandbox = await app.sandbox()
  if (!(connection.connector in sandbox.addresses)) throw noSimulator(app.project, connection.connector)
  const overrides = sandbox.connection(connection.connector)
  // The account's number is none.
  const secrets = Object.entries(overrides).flatMap(([name, value]) =>
    /key|secret|token|pass/i.test(name) && typeof value === 'string' && value.length >= 8 ? [value] : [],
  )
  return { value: { ...keys, ...overrides }, secrets }
}

const isSandboxed = (target: Target) => target.sandbox

function noSimulator(project: Project, connector: string): MillraceError {
  const place = listConnectors(project.root).find((candidate) => candidate.name === connector)
  return new MillraceError('MR-6001', {
    message: `The connector ${connector} has no simulator, so it cannot run on a sandbox target.`,
    kept: 'Nothing was run.',
    next: place
      ? `Write ${place.folder}/sandbox.ts, or run on a target that is not a sandbox.`
      : 'Run on a target that is not a sandbox.',
  })
}
