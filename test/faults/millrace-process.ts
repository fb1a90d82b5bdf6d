/** The real program in a real process, held at a point and killed there. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const launcher = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))

export type Line = { readonly type: string; readonly [key: string]: unknown }

export type Finished = { readonly code: number | null; readonly lines: readonly Line[]; readonly stderr: string }

type Options = { readonly directory: string; readonly env?: { readonly [name: string]: string } }

/** Runs a command with `--json` to its end. */
export async function millrace(args: readonly string[], options: Options): Promise<Finished> {
  const { child, lines, stderr } = start(args, options)
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, lines, stderr: stderr() }
}

/**
 * Runs a command until it says `point` (`event:stream:nth`), where it freezes, and kills it with SIGKILL.
 * Fails when the command ends by itself.
 */
export async function killAt(point: string, args: readonly string[], options: Options): Promise<void> {
  const { child, stderr, reached } = start(args, { ...options, env: { ...options.env, MILLRACE_HOLD_AT: point } })
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const outcome = await Promise.race([reached(point), closed.then(() => 'ended' as const)])
  if (outcome === 'ended') throw new Error(`the command ended before ${point}: ${stderr()}`)
  child.kill('SIGKILL')
  await closed
}

/** Starts a command without waiting for it. */
export function start(args: readonly string[], { directory, env }: Options) {
  const child: ChildProcess = spawn(process.execPath, [launcher, ...args, '--json', '-C', directory], {
    env: { ...process.env, MILLRACE_CHUNK_ROWS: '40', MILLRACE_ACKNOWLEDGE_ROWS: '40', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: Line[] = []
  let stderr = ''
  const waiting = new Set<() => void>()
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  if (child.stdout)
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(JSON.parse(line) as Line)
      for (const look of waiting) look()
    })
  const reached = (point: string) =>
    new Promise<'reached'>((resolve) => {
      const [type, name = '', nth = '1'] = point.split(':')
      const look = () => {
        const seen = lines.filter(
          (line) =>
            line.type === type && (name === '' || [line['stream'], line['object'], line['scope']].includes(name)),
        )
        if (seen.length >= Number(nth)) resolve('reached')
      }
      waiting.add(look)
      look()
    })
  return { child, lines, stderr: () => stderr, reached }
}

/** The last line of a run: its result. */
export function resultOf(finished: Finished) {
  const result = finished.lines.at(-1)
  if (result?.type !== 'result') throw new Error(`no result: ${finished.stderr}`)
  return result as Line & { readonly exit_code: number; readonly runs: readonly RunLine[] }
}

export type RunLine = {
  readonly sync: string
  readonly status: string
  readonly requests: number
  readonly ledger: { readonly [name: string]: number }
  readonly error?: { readonly code: string; readonly message: string }
}
