import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The declared fields of an object with their types. */
export function fieldsOf(object: string): ReadonlyMap<string, string> {
  return bodyOf(`Fields$${object}`)
}

function bodyOf(type: string): ReadonlyMap<string, string> {
  const start = declarations.indexOf(`\ntype ${type} = {`)
  const body = start < 0 ? '' : declarations.slice(start, declarations.indexOf('\n}', start))
  return new Map([...body.matchAll(/^ {4}(\w+): (.+);$/gm)].map(([, name = '', kind = '']) => [name, kind]))
}

const declarations = readFileSync(
  fileURLToPath(import.meta.resolve('jsforce')).replace(/jsforce\/.*$/, 'jsforce/lib/types/standard-schema.d.ts'),
  'utf8',
)

/** The relationships that lead to a parent, by their names. */
export const parentsOf = (object: string): ReadonlyMap<string, string> => bodyOf(`ParentReferences$${object}`)
