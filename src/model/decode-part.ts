/** A user or password of an address, as it is meant. A lone percent sign in it is taken as it stands. */
export const decodePart = (text: string): string => text.replaceAll(/(?:%[0-9a-f]{2})+/gi, decoded)

/** A URL has escaped what else it does not take: with the lone sign alone left as it is, that is read back. */
function decoded(escaped: string): string {
  try {
    return decodeURIComponent(escaped)
  } catch {
    return escaped
  }
}
