import { writeFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { runDaemon, type DaemonEvent } from '../../src/app/run-daemon.ts'
import { makeProjectFolder } from './project-folder.ts'

it('a daemon that is told twice to stop, before it has begun to stop, has its runs end at once', async () => {
  const folder = makeProjectFolder()
  folder.write(
    'millrace.yaml',
    'project: stopped\ntargets: { sandbox: { sandbox: true, warehouse: { type: duckdb, path: a.duckdb } } }\nconnections: { stripe: { connector: stripe } }\n',
  )
  folder.write('syncs/stripe.yaml', 'source: stripe\nstreams: { charges: {} }\n')
  folder.write('schedules.yaml', 'schedules: { often: { select: [stripe], every: 1s } }\n')
  const launcher = folder.path('launcher.mjs')
  writeFileSync(launcher, 'setInterval(() => {}, 1000)') // a run that takes long
  const [stopping, now] = [new AbortController(), new AbortController()]
  const events: DaemonEvent[] = []
  await folder.inApp(
    (app) =>
      runDaemon(app, {
        launcher,
        follower: { project: () => app.project, look: async () => 'same' },
        stopping: stopping.signal,
        onEvent(event) {
          events.push(event)
          if (event.type !== 'slot.claimed') return
          stopping.abort()
          now.abort()
        },
      }),
    { signal: now.signal },
  )
  folder.remove()
  expect(events.at(-1)).toMatchObject({
    type: 'job.ended',
    end: { state: 'queued', reason: 'the daemon was stopped' },
  })
}, 20_000)
