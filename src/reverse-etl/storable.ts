/**
 * A text of the vendor's, or one of ours that quotes a value, as it may stand in a line of answers: half a surrogate pair would make
 * the whole file unreadable for ever. A value that was cut short may end in one.
 */
export const storable = (text: string): string =>
  text.toWellFormed().replaceAll('\0', '\uFFFD').slice(0, maxMessageLength).toWellFormed()

const maxMessageLength = 2000
