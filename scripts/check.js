// `npm run check`: format, lint with types, types, unused code, schemas. A line each; output only of what failed.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// The project's own tools and its own Node come first, also where this was not started by npm.
const env = { ...process.env, PATH: join(root, 'node_modules', '.bin') + delimiter + process.env.PATH, NO_COLOR: '1' }
const parallel = 2

const checks = [
  { name: 'types', run: () => command('tsc', '-p', '.', '--noEmit'), fix: '' },
  { name: 'lint', run: () => command('oxlint', '--type-aware', '--deny-warnings', '.'), fix: '' },
  { name: 'format', run: () => command('prettier', '--check', '--log-level', 'warn', '.'), fix: 'npm run format' },
  { name: 'unused code', run: () => command('knip', '--no-progress', '--no-config-hints'), fix: '' },
  { name: 'schemas', run: compareSchemas, fix: 'npm run schema' },
]

const began = performance.now()
const waiting = [...checks]
const failed = []
await Promise.all(Array.from({ length: parallel }, work))
const seconds = ((performance.now() - began) / 1_000).toFixed(1)
process.stdout.write(
  failed.length === 0
    ? `${checks.length} checks passed in ${seconds} s\n`
    : `${failed.length} of ${checks.length} checks failed in ${seconds} s: ${failed.join(', ')}\n`,
)
process.exitCode = failed.length === 0 ? 0 : 1

async function work() {
  for (let check = waiting.shift(); check; check = waiting.shift()) {
    const from = performance.now()
    const { ok, output } = await check.run()
    const line = `${ok ? '✓' : '✗'} ${check.name}  ${((performance.now() - from) / 1_000).toFixed(1)} s\n`
    if (!ok) failed.push(check.name)
    const hint = check.fix ? `  mend it with:  ${check.fix}\n` : ''
    process.stdout.write(ok ? line : `${line}${indent(output)}${hint}`)
  }
}

function command(program, ...args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
    child.on('error', (error) =>
      resolve({ ok: false, output: `${program} cannot be started: ${error.message}; run npm ci\n` }),
    )
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

/** The JSON Schemas in schema/ are generated; a change of the YAML's definition must show in them. */
async function compareSchemas() {
  const fresh = mkdtempSync(join(tmpdir(), 'millrace-schema-'))
  try {
    const made = await command('node', 'bin/millrace.js', 'schema', '--write', fresh)
    if (!made.ok) return made
    const differing = differences(join(root, 'schema'), fresh)
    return { ok: differing.length === 0, output: differing.map((name) => `schema/${name} is out of date\n`).join('') }
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
}

function differences(kept, fresh) {
  const names = new Set([...list(kept), ...list(fresh)])
  return [...names]
    .filter((name) => read(join(kept, name)) !== read(join(fresh, name)))
    .sort((a, b) => (a < b ? -1 : 1))
}

function list(folder) {
  return readdirSync(folder).filter((name) => name.endsWith('.json'))
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // only one side has it, which is a difference
  }
}

function indent(text) {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('')
}
