/** Which options of `sync run` go together, and which kind of sync each one is for. */
import type { Sync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { RunFlags } from './sync-run.ts'

/** @throws MillraceError MR-1001 */
export function refuseExcluding(flags: RunFlags): void {
  for (const [other, says] of againstBaseline)
    if (flags.baseline && flags[other])
      throw refused(`--baseline and ${flagOf(other)} exclude each other: --baseline sends nothing, ${says}`, [
        'Leave out one of the two.',
      ])
}

/** An option that would do nothing for any of the chosen syncs. @throws MillraceError MR-1001 */
export function refuseOtherKind(flags: RunFlags, syncs: readonly Sync[]): void {
  const [first] = syncs
  if (!first || syncs.some(({ kind }) => kind !== first.kind)) return
  const idle = (first.kind === 'etl' ? ofReverse : ofEtl).filter((name) => given(flags[name]))
  if (idle.length === 0) return
  const [are, wanted] = first.kind === 'etl' ? ['ETL', 'reverse ETL'] : ['reverse ETL', 'ETL']
  const chosen = syncs.map(({ name }) => name).join(', ')
  throw refused(
    `${idle.map(flagOf).join(', ')} ${idle.length === 1 ? 'is' : 'are'} for ${wanted} only, and ${chosen} ${syncs.length === 1 ? 'is' : 'are'} ${are}`,
    ['Leave it out, or name a sync that it is for:  millrace sync list'],
  )
}

const given = (value: unknown) => value !== undefined && value !== false

const flagOf = (name: string) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const refused = (message: string, next: readonly string[]) =>
  new MillraceError('MR-1001', { message: `sync run: ${message}`, kept: 'Nothing was run.', next })

const againstBaseline = [
  ['firstRun', '--first-run everything'],
  ['rejectedOnly', '--rejected-only what was refused'],
  // What the limit leaves out would stand as never sent, and the next run would send it.
  ['limit', 'and takes the whole model for delivered'],
] as const

const ofEtl = ['fullRefresh', 'maxShrink'] as const
const ofReverse = ['firstRun', 'baseline', 'rejectedOnly', 'maxAdded', 'maxChanged', 'maxRemoved', 'onEmpty'] as const
