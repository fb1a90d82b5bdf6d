import { randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { MillraceError } from '../model/millrace-error.ts'
import type { SimulatorDefinition } from './contract.ts'
import { startControlServer } from './control-server.ts'
import { startSimulators } from './host.ts'
import { removeRunningFile, sandboxDir, writeRunningFile, type RunningFile } from './running-file.ts'
import type { RunningSandbox } from './running-sandbox.ts'

/** A vendor and the file whose default export is its simulator. */
export type SimulatorModule = { readonly name: string; readonly path: string }

export type SandboxOptions = {
  readonly projectDir: string
  readonly simulators: readonly SimulatorModule[]
  readonly seed?: number
  readonly scale?: number
  readonly ports?: { readonly [vendor: string]: number }
  /** Where none is running: it begins with a new world, of this seed and scale. */
  readonly anew?: { readonly seed?: number; readonly scale?: number }
}

export type ServedSandbox = {
  readonly sandbox: RunningSandbox
  readonly running: RunningFile
  readonly guests: () => number
}

/** Runs the sandbox in this process and lets the project's other commands find it, until `sandbox.close()`. */
export async function serveSandbox(
  options: SandboxOptions,
  onGuestLeft: () => void = () => {},
): Promise<ServedSandbox> {
  const dir = sandboxDir(options.projectDir)
  const definitions = await Promise.all(options.simulators.map(loadSimulator))
  const sandbox = await startSimulators({
    ...options,
    ...options.anew,
    anew: options.anew !== undefined,
    definitions,
    dir,
  })
  const token = randomBytes(24).toString('base64url')
  const control = await startControlServer(sandbox, { token, onGuestLeft })
  const running = writeRunningFile(dir, { controlPort: control.port, token })
  const close = async () => {
    // First, so that nobody finds what is about to end.
    removeRunningFile(dir)
    await control.close()
    await sandbox.close()
  }
  return { sandbox: { ...sandbox, close }, running, guests: control.guests }
}

async function loadSimulator({ name, path }: SimulatorModule): Promise<SimulatorDefinition> {
  const loaded: unknown = await import(pathToFileURL(path).href).catch((cause: unknown) => {
    throw new MillraceError('MR-6001', {
      message: `Loading the simulator of ${name} from ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
      kept: 'Nothing was started.',
      next: 'Mend that file, and try again.',
      cause,
    })
  })
  const given: unknown =
    typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  if (isSimulator(given)) return given
  throw new MillraceError('MR-6001', {
    message: `Loading the simulator of ${name} from ${path}: ${lacking(given)}.`,
    kept: 'Nothing was started.',
    next: "Write `export default simulator({ … })`, with `import { simulator } from 'millrace/sandbox'`.",
  })
}

const isSimulator = (given: unknown): given is SimulatorDefinition => functionsLackingIn(given).length === 0

/** In plain JavaScript nobody has checked them. */
function lacking(given: unknown): string {
  const missing = functionsLackingIn(given)
  return missing.includes('serve')
    ? 'its default export is not a simulator'
    : `it has no function ${missing.map((member) => `\`${member}\``).join(', ')}`
}

function functionsLackingIn(given: unknown): readonly string[] {
  const isThere = (member: string) =>
    typeof given === 'object' && given !== null && typeof Reflect.get(given, member) === 'function'
  return ['connection', 'seed', 'move', 'serve'].filter((member) => !isThere(member))
}
