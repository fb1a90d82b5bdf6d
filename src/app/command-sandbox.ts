/** The sandbox as commands use it: kept, served in the foreground, broken on purpose. */
import type { Project } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { commonKeys, faultCatalogue, simulatorFaults, type Fault, type FaultKey } from '../sandbox/fault-catalogue.ts'
import type { FaultSpec } from '../sandbox/fault.ts'
import { joinSandbox, openKeptSandbox } from '../sandbox/process.ts'
import type { RunningSandbox } from '../sandbox/running-sandbox.ts'
import { serveSandbox } from '../sandbox/serve.ts'
import { sandboxOptions } from './project-sandbox.ts'

export { commonKeys as commonFaultKeys }
export type { Fault, FaultKey, FaultSpec, RunningSandbox }

export type WorldOptions = { readonly seed?: number; readonly scale?: number }

/** Runs in this process until it is closed. @throws MillraceError MR-6001 where one is running already */
export async function serveProjectSandbox(project: Project, world: WorldOptions): Promise<RunningSandbox> {
  const other = await joinSandbox(project.home)
  if (other) {
    const where = Object.entries(other.addresses).map(([name, { host, port }]) => `${name} at ${host}:${port}`)
    await other.close()
    throw new MillraceError('MR-6001', {
      message: `Starting the sandbox: one is running for this project already (${where.join(', ')}).`,
      kept: 'It goes on as it was.',
      next: 'Use that one, or end it first.',
    })
  }
  const { sandbox } = await serveSandbox({ ...sandboxOptions(project), ...world })
  return sandbox
}

/** With the sandbox that is running or kept. @throws MillraceError MR-6002 where there is neither */
export async function withKeptSandbox<T>(project: Project, work: (sandbox: RunningSandbox) => Promise<T>): Promise<T> {
  const sandbox = await openKeptSandbox(sandboxOptions(project))
  try {
    return await work(sandbox)
  } finally {
    await sandbox.close()
  }
}

/** With a new world: of the sandbox that is running, or in place of the kept one, which may be damaged. */
export async function withNewWorld<T>(
  project: Project,
  world: WorldOptions,
  work: (sandbox: RunningSandbox) => Promise<T>,
): Promise<T> {
  const sandbox = await openKeptSandbox({ ...sandboxOptions(project), anew: world })
  try {
    if (sandbox.joined) await sandbox.reset(world.seed, world.scale)
    return await work(sandbox)
  } finally {
    await sandbox.close()
  }
}

/** Faults that every vendor has. */
export const wireFaults: { readonly [name: string]: Fault } = faultCatalogue
/** And those that most have. */
export const knownFaults: { readonly [name: string]: Fault } = { ...faultCatalogue, ...simulatorFaults }
