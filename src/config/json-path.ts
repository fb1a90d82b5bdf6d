import type { JsonPath } from '../model/model-macros.ts'

/** `address.city`, `items[0].name`, `a."odd.name"`. undefined: it is no path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const path: (string | number)[] = []
  let at = 0
  while (at < text.length) {
    step.lastIndex = at
    const match = step.exec(text)
    const { position, quoted, plain, dot } = match?.groups ?? {}
    const isFirst = at === 0
    // A dot goes before every name but the first, and before no position.
    if (!match || (position === undefined && isFirst === (dot === '.'))) return undefined
    path.push(position === undefined ? (quoted ?? plain ?? '') : Number(position))
    at = step.lastIndex
  }
  return path
}

/** Names with a quote, a backslash or nothing but a star cannot be written the same on both warehouses. */
const step = /\[(?<position>\d{1,9})\]|(?<dot>\.?)(?:"(?<quoted>(?!\*")[^"\\]+)"|(?<plain>[^\s."'\\[\]*$]+))/y
