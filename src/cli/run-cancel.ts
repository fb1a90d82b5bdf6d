import { askToStop, isInReach } from '../app/ask-to-stop.ts'
import { noteCancel } from '../app/cancelled-run.ts'
import { whoAmI } from '../app/who-am-i.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { findRun } from './find-run.ts'
import { withApp } from './open-app.ts'
import type { CommandResult, Shell } from './shell.ts'

/** Asks a run of this machine, whoever started it, to stop at its next checkpoint: what Ctrl-C asks in its own terminal. */
export async function cancelRun(shell: Shell, id: string): Promise<CommandResult> {
  return withApp(shell, { check: 'target' }, async ({ store }) => {
    const run = await findRun(store, id)
    if (run.status !== 'running' || !run.alive) {
      shell.say(
        `${id} (${run.sync}) is over: ${run.status === 'running' ? 'its process is gone' : run.status}. Nothing was done.`,
      )
      return { exitCode: 0 }
    }
    const { pid, host } = run.process
    if (!isInReach(run))
      throw new MillraceError('MR-1001', {
        message: `${id} runs on ${host}, where a signal from here does not reach it`,
        kept: 'The run goes on.',
        next: `On ${host}:  millrace run cancel ${id}`,
      })
    await noteCancel(store, { runId: id, by: whoAmI() })
    askToStop(run)
    const schedule = run.slot?.split(' ')[0]
    const later =
      schedule === undefined ? '' : ` ${schedule} does not try this slot again by itself; its next one runs as planned.`
    shell.say(
      `${id} (${run.sync}, pid ${pid}) was asked to stop at its next checkpoint. What is committed stays.${later}\nSee: millrace run show ${id}`,
    )
    return { exitCode: 0 }
  })
}
