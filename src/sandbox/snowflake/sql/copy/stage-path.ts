/** `@%"TABLE"/path`, `@"S".%"T"/x`, `@~/x`, `@STAGE/x`. */
import { completeName } from '../object-name.ts'
import { syntaxError } from '../snowflake-error.ts'
import type { Name } from '../expression.ts'
import type { SqlContext, StagePath } from '../statement.ts'

/** The text after the @. */
export function readStagePath(text: string, context: SqlContext): StagePath {
  if (text.startsWith('~')) return { kind: 'user', name: null, path: trimmed(text.slice(1)) }
  const names: Name[] = []
  let isTable = false
  let at = 0
  for (;;) {
    part.lastIndex = at
    const found = part.exec(text)
    if (!found) throw syntaxError({ line: 1, position: 0 }, `@${text}`)
    const [all, percent, quoted, plain] = found
    if (percent === '%') isTable = true
    names.push(
      quoted === undefined
        ? { value: (plain ?? '').toUpperCase(), quoted: false }
        : { value: quoted.replaceAll('""', '"'), quoted: true },
    )
    at += all.length
    if (text[at] !== '.') break
    at++
  }
  const rest = text.slice(at)
  if (rest !== '' && !rest.startsWith('/')) throw syntaxError({ line: 1, position: 0 }, `@${text}`)
  return { kind: isTable ? 'table' : 'named', name: completeName(context, names), path: trimmed(rest) }
}

const trimmed = (path: string) => path.replace(/^\/+/, '')

const part = /(%?)(?:"((?:[^"]|"")*)"|([A-Za-z_][\w$]*))/y
