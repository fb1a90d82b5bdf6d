import { z } from 'zod'
import { mappingJsonSchema } from './mapping-forms.ts'
import { millraceFile } from './millrace-file.ts'
import { mapping } from './read-mapping.ts'
import { schedulesFile } from './schedules-file.ts'
import { syncFile } from './sync-file.ts'
import { writeFiles } from './write-files.ts'

/** File name → JSON Schema (draft 2020-12), for editors. Made from the same zod schemas that check the files. */
export function schemaTexts(): { readonly [file: string]: string } {
  const files = { 'millrace.json': millraceFile, 'sync.json': syncFile, 'schedules.json': schedulesFile }
  return Object.fromEntries(Object.entries(files).map(([file, schema]) => [file, toText(schema, file)]))
}

/** @throws MillraceError MR-1001 where they cannot be written */
export const writeSchemas = (directory: string): Promise<void> =>
  writeFiles(directory, schemaTexts(), {
    doing: 'writing the schemas',
    flag: 'w',
    next: 'millrace schema --write DIR   with a directory that you may write to, or that is new',
  })

/** `input`: what a person writes, before defaults and conversions. */
function toText(schema: z.ZodType, file: string): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === mapping) Object.assign(jsonSchema, mappingJsonSchema())
    },
  })
  return `${JSON.stringify({ $schema, title: file, ...rest }, null, 2)}\n`
}
