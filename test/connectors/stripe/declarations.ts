import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The SDK's type declarations of a resource: they are made of the vendor's description. */
export const declarationsOf = (file: string): string =>
  readFileSync(
    fileURLToPath(import.meta.resolve('stripe')).replace(/stripe\.esm\.node\.js$/, `resources/${file}.d.ts`),
    'utf8',
  )

/** The published fields of an object, each with what is declared of it. */
export function publishedFields(file: string, type: string): ReadonlyMap<string, string> {
  const source = declarationsOf(file)
  const [, indent = '', body = ''] =
    new RegExp(`^( *)(?:export )?interface ${type} \\{\\n([\\s\\S]*?)\\n\\1\\}`, 'm').exec(source) ?? []
  const field = new RegExp(`^ {${indent.length + 4}}(\\w+)\\??: (.*)`, 'gm')
  return new Map([...body.matchAll(field)].map(([, name = '', kind = '']) => [name, kind]))
}
