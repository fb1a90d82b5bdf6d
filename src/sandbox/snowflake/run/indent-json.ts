/** JSON text as VARIANT columns come back: indented by JSON_INDENT, its numbers and strings untouched. */
export function indentJson(text: string, width: number): string {
  if (width <= 0 || !/[[{]/.test(text)) return text
  let depth = 0
  let out = ''
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? ''
    if (letter === '"') {
      const end = endOfString(text, at)
      out += text.slice(at, end)
      at = end - 1
    } else if (letter === '{' || letter === '[') {
      const next = skipSpace(text, at + 1)
      if (text[next] === '}' || text[next] === ']') {
        out += letter + (text[next] ?? '')
        at = next
      } else out += letter + newLine(++depth, width)
    } else if (letter === '}' || letter === ']') out += newLine(--depth, width) + letter
    else if (letter === ',') out += letter + newLine(depth, width)
    else if (letter === ':') out += ': '
    else if (!/\s/.test(letter)) out += letter
  }
  return out
}

const newLine = (depth: number, width: number) => `\n${' '.repeat(depth * width)}`

function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipSpace(text: string, start: number): number {
  let at = start
  while (/\s/.test(text[at] ?? '')) at++
  return at
}
