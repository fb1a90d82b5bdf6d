/**
 * Text that others wrote (vendors, files, row keys) on its way to a terminal: one line, and nothing in it that a terminal
 * obeys. C0 controls become their visible pictures (␛), the other ones �.
 */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\r\n\u2028\u2029]+/g, ' ')
    .replace(c0, (control) => String.fromCharCode(0x2400 + control.charCodeAt(0)))
    .replace(otherControls, '�')
}

// oxlint-disable-next-line no-control-regex -- finding them is the point
const c0 = /[\u0000-\u001f]/g
/** DEL and C1, and what turns the direction of writing, which can make a line read as another one. */
const otherControls = /[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
