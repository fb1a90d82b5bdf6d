import type { StreamConfig } from './project.ts'

/**
 * What a sync says of each of the source's streams, by name. The exact name wins; else the first glob of the file that fits.
 * Streams that nobody names, and those with `enabled: false`, are not in it.
 */
export function matchStreams(
  configs: readonly StreamConfig[],
  names: readonly string[],
): ReadonlyMap<string, StreamConfig> {
  const matched = new Map<string, StreamConfig>()
  for (const name of names) {
    const config =
      configs.find((each) => each.name === name) ??
      configs.find((each) => isGlob(each.name) && fitsGlob(each.name, name))
    if (config?.enabled) matched.set(name, { ...config, name })
  }
  return matched
}

export const isGlob = (name: string): boolean => /[*?]/.test(name)

/** `*` is any text, `?` one character; letters as they are. */
export function fitsGlob(glob: string, name: string): boolean {
  const form = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.')
  return new RegExp(`^${form}$`, 'su').test(name)
}
