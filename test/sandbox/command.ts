// A stand-in for a millrace command: opens the sandbox of the project in argv[2], says what it got, and works until its stdin ends.
import { fileURLToPath } from 'node:url'
import { openSandbox } from '../../src/sandbox/process.ts'

const simulators = [{ name: 'tiny', path: fileURLToPath(new URL('./tiny-simulator.ts', import.meta.url)) }]
const sandbox = await openSandbox({ projectDir: process.argv[2] ?? '', simulators, scale: 0.02 })
process.stdout.write(`${JSON.stringify({ joined: sandbox.joined, address: sandbox.addresses.tiny })}\n`)
for await (const _ of process.stdin) continue
await sandbox.close()
