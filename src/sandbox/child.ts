// The sandbox as a process of its own. It ends with the command that started it, or with the last one that uses it.
import { asMillraceError } from '../model/millrace-error.ts'
import { serveSandbox, type SandboxOptions, type ServedSandbox } from './serve.ts'
import type { SandboxStatus } from './running-sandbox.ts'
import type { RunningFile } from './running-file.ts'
import { isHeldElsewhere } from './world-file.ts'
import { readOwnJson } from './own-json.ts'

/** What the child tells its parent. */
export type ChildMessage =
  | { readonly kind: 'ready'; readonly running: RunningFile; readonly status: SandboxStatus }
  /** Another process has the world open. */
  | { readonly kind: 'occupied' }
  | { readonly kind: 'failed'; readonly message: string; readonly kept?: string; readonly next: readonly string[] }
  /** The answer to the parent's `leave`. */
  | { readonly kind: 'leaving' | 'staying' }

let hasParent = true
let served: ServedSandbox | null = null

process.on('disconnect', leaveParent)
process.on('message', (message) => {
  if (message !== 'leave') return
  tell({ kind: served && served.guests() > 0 ? 'staying' : 'leaving' })
  leaveParent()
})
process.on('SIGTERM', () => void end())
await begin()

async function begin(): Promise<void> {
  try {
    const options = readOwnJson<SandboxOptions>(process.argv[2] ?? '{}')
    served = await serveSandbox(options, endIfUnused)
    tell({ kind: 'ready', running: served.running, status: await served.sandbox.status() })
    endIfUnused()
  } catch (error) {
    const { message, kept, next } = asMillraceError(error, 'Starting the sandbox')
    const told: ChildMessage = isHeldElsewhere(error) ? { kind: 'occupied' } : { kind: 'failed', message, kept, next }
    if (!process.connected) process.exit(1)
    process.send?.(JSON.stringify(told), undefined, undefined, () => process.exit(1))
  }
}

function leaveParent(): void {
  hasParent = false
  endIfUnused()
}

function endIfUnused(): void {
  if (!hasParent && served && served.guests() === 0) void end()
}

async function end(): Promise<void> {
  const ending = served
  served = null
  await ending?.sandbox.close()
  process.exit(0)
}

function tell(message: ChildMessage): void {
  if (process.connected) process.send?.(JSON.stringify(message))
}
