import { resolve } from 'node:path'
import { schemaTexts, writeSchemas } from '../config/json-schemas.ts'
import type { CommandResult, Shell } from './shell.ts'

/** The JSON Schemas of the project's files, for editors. */
export async function showSchemas(shell: Shell, flags: { readonly write?: string }): Promise<CommandResult> {
  const texts = schemaTexts()
  if (flags.write !== undefined) {
    const directory = resolve(shell.directory, flags.write)
    await writeSchemas(directory)
    shell.say(` wrote ${Object.keys(texts).join(', ')} to ${directory}`)
  } else if (!shell.json)
    shell.print(
      `{\n${Object.entries(texts)
        .map(([name, text]) => `${JSON.stringify(name)}: ${text}`)
        .join(',')}}\n`,
    )
  if (shell.json)
    for (const [file, text] of Object.entries(texts)) shell.line({ type: 'schema', file, schema: JSON.parse(text) })
  return { exitCode: 0 }
}
