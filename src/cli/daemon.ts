import { awaitRedis } from '../app/await-redis.ts'
import { chooseTarget } from '../app/choose-target.ts'
import { followProject } from '../app/follow-project.ts'
import { redisVariable } from '../app/open-control-store.ts'
import { unmarkRedis } from '../app/redis-mark.ts'
import { runDaemon, type DaemonEvent } from '../app/run-daemon.ts'
import { durationForm, longestWaitForm, longestWaitMs, parseDuration } from '../config/duration.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { schedulesOf } from '../schedule/resolve-schedules.ts'
import { withApp } from './open-app.ts'
import { checkDirectory } from './open-project.ts'
import type { CommandResult, Shell } from './shell.ts'

export type DaemonFlags = {
  readonly drain: string
  /** `--no-redis`, which gives a Redis up for good, makes it false. */
  readonly redis?: string | false
  readonly gitRef?: string
  readonly listen?: string
}

/** Runs schedules.yaml until SIGTERM or Ctrl-C, which lets runs end; a second one stops them. */
export async function serveSchedules(shell: Shell, flags: DaemonFlags): Promise<CommandResult> {
  const drainMs = parseDuration(flags.drain)
  if (drainMs === undefined || drainMs > longestWaitMs)
    throw new MillraceError('MR-1001', {
      message: `--drain ${flags.drain}: ${drainMs === undefined ? durationForm : longestWaitForm}`,
      kept: 'Nothing was started.',
    })
  const stopping = new AbortController()
  const onFirstSignal = () => {
    shell.say(`Stopping: no new run begins; those under way have ${flags.drain}. Another signal stops them now.`)
    stopping.abort()
  }
  const env = envOf(shell, flags)
  await checkDirectory(shell)
  const onProblem = (message: string) => tell(shell, { type: 'daemon.problem', message })
  const redisUrl = env[redisVariable]
  if (redisUrl) await awaitRedis(redisUrl, { onProblem, signal: shell.stop.signal })
  const follower = await followProject({
    directory: shell.directory,
    gitRef: flags.gitRef || undefined,
    onProblem,
  })
  const project = follower.project()
  if (flags.redis === false) {
    const target = chooseTarget(project, shell.target ?? project.defaultTarget)
    await unmarkRedis({ home: project.home, target: target.name })
  }
  await withApp({ ...shell, env }, { firstSignal: 'ends', onFirstSignal, project }, async (app) => {
    const schedules = schedulesOf(app.project)
    if (schedules.length === 0)
      throw new MillraceError('MR-1202', {
        message: 'There are no schedules: schedules.yaml is missing or empty.',
        kept: 'Nothing was started.',
        next: 'Write one, for example  schedules: { nightly: { select: [source:stripe], cron: "0 2 * * *" } }',
      })
    const launcher = process.argv[1] ?? ''
    await runDaemon(app, {
      launcher,
      follower,
      onEvent: (event) => tell(shell, event),
      stopping: stopping.signal,
      drainMs,
      listen: flags.listen,
    })
  })
  return { exitCode: 0 }
}

function envOf({ env }: Shell, { redis }: DaemonFlags): Shell['env'] {
  if (redis === false) return { ...env, [redisVariable]: undefined }
  return typeof redis === 'string' ? { ...env, [redisVariable]: redis } : env
}

function tell(shell: Shell, event: DaemonEvent): void {
  if (shell.json) return shell.line(lineOf(event))
  shell.say(`${new Date().toISOString().slice(11, 19)}  ${wordsOf(event)}`)
}

/** In the form of all other lines: flat, names with underscores. */
function lineOf(event: DaemonEvent) {
  const { type } = event
  if (type === 'slot.claimed') return { type, ...event.slot }
  if (type !== 'job.started' && type !== 'job.ended') return event
  const { schedule, instant, sync, attempt } = event.job
  const job = { type, schedule, instant, sync, attempt }
  if (event.type === 'job.started') return { ...job, run_id: event.runId }
  const { state, reason, notBefore = null } = event.end
  return { ...job, state, reason, not_before: notBefore }
}

function wordsOf(event: DaemonEvent): string {
  switch (event.type) {
    case 'slot.claimed': {
      const { schedule, instant, state, reason } = event.slot
      return `${schedule} of ${instant}: ${state}${reason ? ` (${reason})` : ''}`
    }
    case 'job.started':
      return `${event.job.sync}: run ${event.runId} for ${event.job.schedule}, attempt ${event.job.attempt}`
    case 'job.ended': {
      const { state, reason, notBefore } = event.end
      const outcome = state === 'queued' ? `waits until ${notBefore ?? 'its turn'}` : state
      return `${event.job.sync}: ${outcome}${reason ? ` (${reason})` : ''}`
    }
    case 'daemon.ready':
      return `${event.schedules} schedules on target ${event.target} (pid ${process.pid})${event.port ? `, /healthz on port ${event.port}` : ''}; Ctrl-C ends it`
    case 'daemon.reloaded':
      return `The project was changed: ${event.schedules} schedules.`
    case 'daemon.problem':
      return event.message
  }
}
