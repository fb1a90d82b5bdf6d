import type { ReverseSync } from '../config/project.ts'
import { stars } from '../model/mask.ts'
import { MillraceError } from '../model/millrace-error.ts'

/**
 * What a diff throws, in the model's name where a value of a row is at fault. `hides`: the row has personal values, so that
 * the words are told without what they quote, and the warehouse's own error is not kept as the cause.
 */
export function modelFailure(
  { model }: Pick<ReverseSync, 'model'>,
  error: unknown,
  { hides }: { readonly hides: boolean },
): unknown {
  if (!(error instanceof MillraceError) || !valueErrors.test(error.message)) return error
  const words = error.message.replace(/^running a statement in \w+: /, '').split('\n')[0] ?? ''
  return new MillraceError('MR-2101', {
    message: `The model ${model} (models/${model}.sql) fails when its rows are read: ${hides ? withoutValues(words) : words}`,
    kept: 'Nothing was sent; the snapshot is as it was.',
    next: `Fix models/${model}.sql and run again.`,
    ...(!hides && { cause: error }),
  })
}

/** Stars for what is quoted, up to the last quote of its kind, for a value may have some; for numbers and addresses; Snowflake's code stays. */
function withoutValues(words: string): string {
  const [, said = words, code = ''] = /^(.*?)( \(\d{6}, 22\w{3}[^)]*\))?$/.exec(words) ?? []
  return said.replaceAll(/(?<!\w)(["'])(?:.*\1|.*)|\S*@\S*|(?<!\w)\d[\w.:-]*/g, stars) + code
}

/** A value that a cast or a function of the model does not take: DuckDB's names for it, the class of Snowflake's SQLSTATE. */
const valueErrors =
  /^running a statement in (DuckDB: (Conversion|Invalid Input|Out of Range) Error|Snowflake: [^]*? \(\d{6}, 22\w{3}(; query [\w-]+)?\)(\n|$))/
