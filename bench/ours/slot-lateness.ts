/** The daemon in this process, with a run that never ends: each slot is claimed with its job, which is then skipped. */
import { openApp } from '../../src/app/app.ts'
import { followProject } from '../../src/app/follow-project.ts'
import { runDaemon } from '../../src/app/run-daemon.ts'
import { here } from '../child.ts'
import { readArguments, report } from '../report.ts'

type Arguments = { readonly project: string; readonly schedules: number; readonly seconds: number }

const { project, schedules, seconds } = readArguments<Arguments>()
const stopping = new AbortController()
const follower = await followProject({ directory: project, onProblem: (message) => console.error(message) })
const { root, home } = follower.project()
const app = await openApp({
  directory: root,
  home,
  onEvent: () => undefined,
  env: process.env,
  signal: new AbortController().signal,
})
const lateMs: number[] = []
const from = Date.now() + warmUpMs()
setTimeout(() => stopping.abort(), warmUpMs() + seconds * 1000)
await runDaemon(app, {
  launcher: here('ours/endless-run.ts'),
  follower,
  stopping: stopping.signal,
  drainMs: 0,
  onEvent(event) {
    if (event.type === 'daemon.problem') console.error(event.message)
    if (event.type !== 'slot.claimed') return
    const due = Date.parse(event.slot.instant)
    if (due >= from) lateMs.push(Date.now() - due)
  },
})
await app.close()
const expected = schedules * (seconds - 1)
if (lateMs.length < expected) throw new Error(`${lateMs.length} slots were claimed, and not ${expected}.`)
report({ seconds, p99_ms: lateMs.sort((a, b) => a - b)[Math.floor(lateMs.length * 0.99)] })

function warmUpMs() {
  return 3_000
}
