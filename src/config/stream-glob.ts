/** A stream's name that stands for those that fit it; which do is known only at the source. */
export const isGlob = (name: string): boolean => /[*?[\]{}]/.test(name)
