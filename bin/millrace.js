#!/usr/bin/env node
// Plain JavaScript that any Node understands: on an old Node it hands over to the Node of the project, or says what to do.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const needed = 24
if (Number(process.versions.node.split('.')[0]) >= needed) {
  const module = await import('node:module')
  module.enableCompileCache()
  const { mainModule } = await import('./resolve-millrace.js')
  const { main } = await import(mainModule)
  await main(process.argv)
} else {
  const own = ['../node_modules/node/bin/node', '../../node/bin/node']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path))
  if (own) handOver(own)
  else refuse(`this is Node ${process.versions.node} (${process.execPath})`)
}

function handOver(node) {
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be passed on, from the first.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  child.on('error', (error) => refuse(`the project's own cannot be started (${error.message})`))
  child.on('exit', (code, signal) => {
    if (!signal) return void (process.exitCode = code ?? 70)
    process.removeAllListeners(signal) // it would only be passed on
    process.kill(process.pid, signal)
  })
}

function refuse(why) {
  process.stderr.write(
    `millrace needs Node ${needed} or newer; ${why}.\n` +
      `Nothing was run. Next: \`npm ci\` in the project brings its own Node, or install Node ${needed} and try again.\n`,
  )
  process.exitCode = 2
}
