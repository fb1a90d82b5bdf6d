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
  else {
    process.stderr.write(
      `millrace needs Node ${needed} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
        `Nothing was run. Next: \`npm ci\` in the project brings its own Node, or install Node ${needed} and try again.\n`,
    )
    process.exitCode = 2
  }
}

function handOver(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the child by itself; a signal sent to this process alone must be passed on.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, signal)
    else process.exitCode = code ?? 70
  })
}
