/**
 * A vendor's text made safe for a terminal and a log line: escape sequences, control characters and bidirectional
 * overrides are gone, line breaks are spaces, and it is at most `maxLength` characters long.
 */
export function stripControlCharacters(text: string, maxLength = 500): string {
  const line = text
    .replace(escapeSequences, '')
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(unseen, '')
    .trim()
  return line.length > maxLength ? `${line.slice(0, maxLength - 1)}…` : line
}

// CSI (colours, cursor), OSC up to its end (titles, links, clipboard), and the other two-character sequences; 7 and 8 bit.
const escapeSequences =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -~]?/g

// C0, DEL, C1; marks, embeddings, overrides and isolates of direction; the byte order mark.
// eslint-disable-next-line no-control-regex
const unseen = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g
