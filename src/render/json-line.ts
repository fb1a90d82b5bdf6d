/** Valid JSON on one line; what JSON lets stand and a terminal or a line reader obeys is escaped too. */
export function toJsonLine(line: object): string {
  const text = JSON.stringify(line)
  return `${text.replace(unsafe, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

const unsafe = /[\u007f-\u009f\u2028\u2029]/g
