import { MillraceError } from '../model/millrace-error.ts'

export const unknownVendor = (name: string, known: Iterable<string>): MillraceError =>
  new MillraceError('MR-1002', {
    message: `Asking the sandbox for ${name}: it has no such vendor.`,
    next: `It has ${[...known].join(', ')}.`,
  })
