/** CREATE, ALTER and DROP of what has a name of one word. */
import { shownPart } from '../sql/names.ts'
import { objectExists, objectMissing, replacesOrNot } from '../sql/snowflake-error.ts'
import type { TokenReader } from '../sql/token-reader.ts'
import { readParts, readWord } from './statement-words.ts'

export type Wish = {
  readonly verb: 'CREATE' | 'ALTER' | 'DROP'
  readonly kind: string
  readonly name: string
  readonly orReplace: boolean
  readonly ifExists: boolean
  readonly ifNotExists: boolean
}

export function wantedObject(reader: TokenReader, kind: string): Wish {
  const verb = readWord(reader)
  if (verb !== 'CREATE' && verb !== 'ALTER' && verb !== 'DROP') throw reader.unexpected()
  const orReplace = verb === 'CREATE' && reader.takeWord('OR', 'REPLACE')
  reader.expectWord(kind)
  const ifNotExists = verb === 'CREATE' && reader.takeWord('IF', 'NOT', 'EXISTS')
  const ifExists = verb !== 'CREATE' && reader.takeWord('IF', 'EXISTS')
  if (orReplace && ifNotExists) throw replacesOrNot()
  const [name = '', inside] = readParts(reader)
  if (inside !== undefined) throw reader.unexpected()
  return {
    verb,
    kind: kind.charAt(0) + kind.slice(1).toLowerCase(),
    name,
    orReplace,
    ifExists,
    ifNotExists,
  }
}

type Shelf<T> = { [name: string]: T }

export function createObject<T>(wish: Wish, shelf: Shelf<T>, create: () => T): string {
  if (Object.hasOwn(shelf, wish.name) && !wish.orReplace) {
    if (wish.ifNotExists) return `${shownPart(wish.name)} already exists, statement succeeded.`
    throw objectExists(shownPart(wish.name))
  }
  shelf[wish.name] = create()
  return `${wish.kind} ${shownPart(wish.name)} successfully created.`
}

export function dropObject<T>(wish: Wish, shelf: Shelf<T>, forget: () => void = () => undefined): string {
  if (!Object.hasOwn(shelf, wish.name)) {
    if (wish.ifExists) return `Drop statement executed successfully (${shownPart(wish.name)} already dropped).`
    throw objectMissing(shownPart(wish.name), wish.kind)
  }
  delete shelf[wish.name]
  forget()
  return `${shownPart(wish.name)} successfully dropped.`
}

export function changeObject<T>(wish: Wish, shelf: Shelf<T>, change: (object: T) => void): string {
  const object = Object.hasOwn(shelf, wish.name) ? shelf[wish.name] : undefined
  if (object) change(object)
  else if (!wish.ifExists) throw objectMissing(shownPart(wish.name), wish.kind)
  return 'Statement executed successfully.'
}
