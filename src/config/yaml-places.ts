import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Document,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from 'yaml'
import type { SourcePlace } from '../model/millrace-error.ts'

export type Path = readonly PropertyKey[]

/** From offsets in a file's text to its place. */
export type At = (start: number, end: number) => SourcePlace

/** Each map is indexed once: a file may have very many keys. */
const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()

function pairOf(map: YAMLMap, step: PropertyKey): Pair | undefined {
  const index =
    indexes.get(map) ?? new Map(map.items.map((pair) => [isScalar(pair.key) ? String(pair.key.value) : '', pair]))
  indexes.set(map, index)
  return index.get(String(step))
}

/** Finds where a path of the document's value stands. */
export function placeFinder(document: Document, at: At): (path: Path, part: 'key' | 'value') => SourcePlace {
  return (path, part) => {
    let node: unknown = document.contents
    let found: unknown = isMap(node) ? node.items[0]?.key : node
    for (const [index, step] of path.entries()) {
      if (isAlias(node)) node = node.resolve(document)
      const pair = isMap(node) ? pairOf(node, step) : undefined
      const next: unknown = pair ? pair.value : isSeq(node) ? node.items[Number(step)] : undefined
      if (next === undefined && !pair) break
      const wantsKey = part === 'key' || index < path.length - 1 || next === null || isEmptyScalar(next)
      found = pair && wantsKey ? pair.key : next
      node = next
    }
    return isNode(found) ? at(...rangeOf(found)) : at(0, 1)
  }
}

/** Where the text or number stands that is at a path, by whatever aliases it comes there. */
export function scalarRange(document: Document, path: Path): readonly [number, number] | undefined {
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)
  let node = resolved(document.contents)
  for (const step of path) {
    if (isMap(node)) node = pairOf(node, step)?.value
    else node = isSeq(node) ? node.items[Number(step)] : undefined
    node = resolved(node)
  }
  return isScalar(node) ? rangeOf(node) : undefined
}

const isEmptyScalar = (node: unknown) => isScalar(node) && node.source === ''

/** The first line of the span: what the frame underlines. */
export function placeAt(
  source: { file: string; text: string; lines: LineCounter },
  start: number,
  end: number,
): SourcePlace {
  const { line, col } = source.lines.linePos(Math.min(start, source.text.length))
  const lineEnd = source.text.indexOf('\n', start)
  const stop = Math.min(end, lineEnd === -1 ? source.text.length : lineEnd)
  return {
    file: source.file,
    line: Math.max(1, line),
    column: Math.max(1, col),
    length: Math.max(1, stop - start),
    text: source.text,
  }
}

export function rangeOf(node: Node): [number, number] {
  const range = node.range
  return range ? [range[0], range[1]] : [0, 1]
}

export const isNode = (value: unknown): value is Node =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
