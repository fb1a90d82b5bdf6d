import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { emptyDirectory, launcher, type Ended } from './command.ts'

describe('the launcher on an old Node hands over to the Node of the project', () => {
  it('and ends as that one ends', async () => {
    expect(await launchOn('exit 5').ended).toMatchObject({ code: 5, signal: null })
  })

  it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL'])(
    'which %s ends: so it ends too',
    async (signal) => {
      expect(await launchOn(`kill -${signal.slice(3)} $$`).ended).toMatchObject({ code: null, signal })
    },
  )

  it.each<NodeJS.Signals>(['SIGTERM', 'SIGHUP'])('and passes %s on', async (signal) => {
    const { child, ended } = launchOn(
      `trap 'echo heard; exit 4' ${signal.slice(3)}; echo ready; while :; do sleep 0.05; done`,
    )
    child.stdout.once('data', () => child.kill(signal))
    expect(await ended).toMatchObject({ code: 4, stdout: 'ready\nheard\n' })
  })

  it('and says what to do where that one cannot be started', async () => {
    const { code, stderr } = await launchOn('exit 0', 0o644).ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^millrace needs Node 24 or newer; the project's own cannot be started \(spawn \S+ EACCES\)\.\nNothing was run\. Next: `npm ci`/,
    )
  })

  it('and says what to do where there is none', async () => {
    const { code, stderr } = await launchOn(null).ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /^millrace needs Node 24 or newer; this is Node 20\.0\.0 \(.+\)\.\nNothing was run\. Next: `npm ci`/,
    )
  })
})

/** The launcher alone, on a Node that says it is 20, with a shell script for the project's own Node. */
function launchOn(script: string | null, mode = 0o755) {
  const directory = emptyDirectory()
  const copy = join(directory, 'bin', 'millrace.js')
  cpSync(launcher, copy)
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  if (script !== null) {
    const own = join(directory, 'node_modules', 'node', 'bin', 'node')
    mkdirSync(dirname(own), { recursive: true })
    writeFileSync(own, `#!/bin/sh\n${script}\n`)
    chmodSync(own, mode)
  }
  const isOld = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`
  const child = spawn(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(isOld)}`, copy], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  )
  return { child, ended }
}
