import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OpenKeys } from './shown-values.ts'
import { parseYamlFile, type YamlFile } from './yaml-file.ts'

/** Places in a file that was loaded before, for findings that come later. undefined: it is gone or no longer parses. */
export function readPlacesOf(root: string, file: string, openKeys?: OpenKeys): YamlFile['placeOf'] | undefined {
  try {
    const yaml = parseYamlFile(readFileSync(join(root, file), 'utf8'), file, () => {})
    return openKeys ? yaml?.placesShowing(openKeys) : yaml?.placeOf
  } catch {
    // Without the file a finding still has its message.
    return undefined
  }
}
