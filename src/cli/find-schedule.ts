import { didYouMean } from '../model/did-you-mean.ts'
import { MillraceError } from '../model/millrace-error.ts'
import type { Schedule } from '../schedule/schedule.ts'

/** @throws MillraceError MR-1204 */
export function findSchedule(schedules: readonly Schedule[], name: string): Schedule {
  const found = schedules.find((schedule) => schedule.name === name)
  if (found) return found
  const names = schedules.map((schedule) => schedule.name)
  const near = didYouMean(name, names)
  throw new MillraceError('MR-1204', {
    message: `there is no schedule \`${name}\``,
    next: near ? `Did you mean \`${near}\`?` : names.length > 0 ? `There are: ${names.join(', ')}.` : noSchedules,
  })
}

export const noSchedules = 'This project has no schedules. They stand in schedules.yaml.'
