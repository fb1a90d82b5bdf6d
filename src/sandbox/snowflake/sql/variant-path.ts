/** `a.b[0]["c"]`: the steps of a path that is written as text. */
import { snowflakeError } from './snowflake-error.ts'

export function pathKeys(path: string): readonly (string | number)[] {
  const keys: (string | number)[] = []
  let at = 0
  while (at < path.length) {
    step.lastIndex = at
    const found = step.exec(path)
    if (!found)
      throw snowflakeError('002149', '22023', `Invalid extraction path '${path}': syntax error at position ${at}`)
    const [all, word, quoted, index, key] = found
    if (index !== undefined) keys.push(Number(index))
    else keys.push(word ?? quoted?.replaceAll('""', '"') ?? key ?? '')
    at += all.length
  }
  return keys
}

const step = /\.?(?:([A-Za-z_][\w$]*)|"((?:[^"]|"")*)")|\[(\d+)\]|\[['"]([^'"]*)['"]\]/y
