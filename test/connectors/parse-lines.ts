import type { JsonObject } from 'millrace'

/** The rows of a batch of lines. */
export const parseLines = (lines: Uint8Array): readonly JsonObject[] =>
  Buffer.from(lines)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
