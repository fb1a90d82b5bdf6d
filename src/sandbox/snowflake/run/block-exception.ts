import { snowflakeError, SnowflakeError } from '../sql/snowflake-error.ts'

/** An exception on its way up through blocks. */
export class BlockException extends SnowflakeError {
  readonly exception: string
  readonly error: SnowflakeError
  /** RAISE without a name: what is being handled goes on up. */
  readonly again: boolean

  constructor(exception: string, error: SnowflakeError, again = false) {
    super({ code: error.code, sqlState: error.sqlState, message: error.message })
    this.exception = exception
    this.error = error
    this.again = again
  }
}

export const isHandledBy = ({ exception }: BlockException, names: readonly string[]): boolean =>
  names.includes(exception) || names.includes('OTHER')

/**
 * What the client gets when nobody handled it: the error's own code, or the number of the declared exception.
 * https://docs.snowflake.com/en/developer-guide/snowflake-scripting/exceptions
 */
export function uncaught({ exception, error }: BlockException, text: string): SnowflakeError {
  // The block's tree has no places: it is the first RAISE of that name.
  const at = Math.max(0, text.search(new RegExp(`\\braise\\s+"?${exception.replace(/[^\w]/g, '.')}\\b`, 'i')))
  const before = text.slice(0, at).split('\n')
  const where = `line ${before.length} at position ${before.at(-1)?.length ?? 0}`
  return snowflakeError(
    error.code,
    error.sqlState,
    `Uncaught exception of type '${exception}' on ${where} : ${error.message}`,
  )
}
