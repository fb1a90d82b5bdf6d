import type { ReverseSync } from '../config/project.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { SnapshotMeta } from '../warehouse/port.ts'

export type Permission = {
  readonly firstRun: boolean
  readonly baseline: boolean
  /** The sandbox needs no word for a first delivery. */
  readonly isSandbox: boolean
  /** The control store remembers that this sync has delivered on this target. */
  readonly deliveredBefore: boolean
}

/**
 * Is this snapshot the one of this destination (promise 12)? Delivering against the wrong one, or against none where there
 * was one, would send everything again.
 */
export function checkSnapshot(
  sync: ReverseSync,
  {
    stored,
    wanted,
    standing,
  }: { readonly stored: SnapshotMeta | null; readonly wanted: SnapshotMeta; readonly standing: boolean },
  permission: Permission,
): MillraceError | undefined {
  const problem = stored && otherDestination(sync, { stored, wanted })
  if (problem) return problem
  if (stored && !standing)
    return permission.baseline || permission.firstRun
      ? undefined
      : lost(sync, `the table _millrace.snapshot_${sync.name} is gone`)
  if (stored || permission.firstRun || permission.baseline) return undefined
  if (permission.deliveredBefore)
    return lost(sync, 'the warehouse knows nothing of it, though runs on this machine have delivered before')
  return permission.isSandbox ? undefined : firstDelivery(sync)
}

export type Destination = Pick<SnapshotMeta, (typeof destinationParts)[number]>

const destinationParts = ['account', 'connection', 'object', 'options'] as const

/** undefined: what was sent went to where this run would send. */
export function otherDestination(
  sync: ReverseSync,
  { stored, wanted }: { readonly stored: Destination; readonly wanted: Destination },
): MillraceError | undefined {
  const differing = destinationParts.filter((name) => stored[name] !== wanted[name])
  if (differing.length === 0) return undefined
  return new MillraceError('MR-4004', {
    message: `${sync.name}: the snapshot was made for another destination: ${differing.map((name) => `${name} was ${stored[name]}, now ${wanted[name]}`).join('; ')}.`,
    kept: 'Nothing was sent.',
    next: [
      'If the connection points to the wrong account, point it back.',
      `If it is the same place under another name:  millrace sync state move ${sync.name} ${sync.name}`,
      `To begin anew there:  millrace sync state reset ${sync.name}   and then  millrace sync run ${sync.name} --first-run`,
    ],
  })
}

function lost(sync: ReverseSync, what: string): MillraceError {
  return new MillraceError('MR-4005', {
    message: `${sync.name}: the snapshot is lost: ${what}. Without it every row looks new.`,
    kept: 'Nothing was sent.',
    next: [
      'Restore the warehouse file from a backup, or',
      `millrace sync state import ${sync.name} FILE   what  sync state export  wrote`,
      `millrace sync run ${sync.name} --baseline    takes the model as it is for accepted, and sends nothing: no opt-out that is not there yet`,
      `millrace sync run ${sync.name} --first-run   sends every row again, opt-outs too`,
      'Neither removes who has left the model since the last delivery: of them nothing is known any more.',
    ],
  })
}

function firstDelivery(sync: ReverseSync): MillraceError {
  return new MillraceError('MR-4003', {
    message: `${sync.name} has never delivered to this destination: the first run would send every row of the model.`,
    kept: 'Nothing was sent.',
    next: [
      `millrace sync plan ${sync.name}              what would go out`,
      `millrace sync run ${sync.name} --first-run   send it all`,
      `millrace sync run ${sync.name} --baseline    take the model for accepted, and send only what changes from now on`,
    ],
  })
}
