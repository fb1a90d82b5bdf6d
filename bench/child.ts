/** Starts the processes that are measured. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Figure } from './benchmark.ts'

/** What a measured script prints as its last line (see report.ts). */
export type Report = { readonly seconds: number; readonly rss_mb: number; readonly [fact: string]: unknown }

/** Runs a script of bench/ with its arguments as JSON, and reads its report. Its own clock tells the time. */
export async function runScript(script: string, args: object): Promise<Report> {
  const output = await run(['--import', resolver, here(script), JSON.stringify(args)])
  const report: unknown = JSON.parse(output.trim().split('\n').at(-1) ?? '')
  if (isReport(report)) return report
  throw new Error(`${script} reported ${JSON.stringify(report)}, which has no seconds and rss_mb.`)
}

/** Wall time of a Node process from spawn to exit; the memory comes from another run, so that asking costs no time. */
export async function timeNode(args: readonly string[], rssMb: number, cwd?: string): Promise<Figure> {
  const began = performance.now()
  await run(args, cwd)
  return { value: performance.now() - began, rssMb }
}

export async function peakMemoryMb(args: readonly string[], cwd?: string): Promise<number> {
  const output = await run(['--import', `data:text/javascript,${encodeURIComponent(tellMemory)}`, ...args], cwd)
  return Number(/\npeak (\d+)\n$/.exec(output)?.[1]) / 1024
}

function run(args: readonly string[], cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: cleanEnv })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output)
      else reject(new Error(`node ${args.join(' ')} ended with ${signal ?? code}:\n${errors}${output}`))
    })
  })
}

function isReport(value: unknown): value is Report {
  return typeof value === 'object' && value !== null && 'seconds' in value && 'rss_mb' in value
}

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
export const launcher = here('../bin/millrace.js')

/** Connectors import 'millrace'; the launcher's hook resolves it to this copy. */
const resolver = here('../bin/resolve-millrace.js')
const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, ...cleanEnv } = process.env
const tellMemory = `process.on('exit', () => process.stdout.write('\\npeak ' + process.resourceUsage().maxRSS + '\\n'))`
