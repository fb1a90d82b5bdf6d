import { createHash } from 'node:crypto'

/** A folder of this name alone, which no other name shares: what cannot stand in a path is told apart by a digest. */
export function folderName(name: string): string {
  const word = name.replaceAll(/\W+/g, '_').slice(0, longestWord)
  return `${word}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`
}

/** A path has room for some 255 bytes a name. */
const longestWord = 60
