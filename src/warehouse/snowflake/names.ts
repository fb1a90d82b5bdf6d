/**
 * Names are stored in upper case, so that people write them without quotes. Only the 26 letters are folded: what others come
 * to differs by language, and would not come back.
 */
export const storedName = (name: string): string =>
  /[A-Z]/.test(name) ? name : name.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase())

export const logicalName = (stored: string): string =>
  /[a-z]/.test(stored) ? stored : stored.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
