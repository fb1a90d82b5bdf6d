/** The source of a MERGE: a table or a subquery. */
import { emptyEnvironment } from '../scope.ts'
import { readFrom } from '../read-from.ts'
import { translateFrom, type From } from '../translate-from.ts'
import type { TokenReader } from '../token-reader.ts'
import type { Translation } from '../translation.ts'

export const readMergeSource = (reader: TokenReader, t: Translation): From =>
  translateFrom(t, readFrom(reader), emptyEnvironment, [])
