import { asMillraceError, MillraceErrors, type MillraceError } from '../model/millrace-error.ts'

/** What was thrown, one by one. */
export const errorsOf = (thrown: unknown): readonly MillraceError[] =>
  thrown instanceof MillraceErrors ? thrown.errors : [asMillraceError(thrown, 'millrace')]
