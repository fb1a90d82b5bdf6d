import { MillraceError } from '../../../model/millrace-error.ts'

/** The error without them, wherever its words came from. */
export function hideSecrets(error: unknown, secrets: readonly string[]): unknown {
  if (!(error instanceof MillraceError)) return error
  const hide = (text: string) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text)
  const message = hide(error.message)
  const next = error.next.map(hide)
  if (message === error.message && next.every((line, index) => line === error.next[index])) return error
  return new MillraceError(error.code, {
    message,
    next,
    retry: error.retry,
    ...(error.kept !== undefined && { kept: error.kept }),
  })
}
