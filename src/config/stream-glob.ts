import type { StreamConfig } from './project.ts'

/** A stream's name that stands for those that fit it; which do is known only at the source. */
export const isGlob = (name: string): boolean => /[*?[\]{}]/.test(name)

/** It has the key in an entry of its own, and not as one of a glob's or of the whole sync's streams, some of which it may not be for. */
export const asksItself = ({ own, name }: StreamConfig, key: string): boolean =>
  own?.includes(key) === true && !isGlob(name)
