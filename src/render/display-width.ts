/** How many columns a terminal gives a text: wide East Asian letters and emoji take two, combining marks none. */
export function displayWidth(text: string): number {
  let width = 0
  for (const char of text) width += widthOf(char)
  return width
}

/** The beginning of a text that fits, with `…` where something was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  let width = 0
  let kept = ''
  for (const char of text) {
    width += widthOf(char)
    if (width > columns - 1) break
    kept += char
  }
  return columns > 0 ? `${kept}…` : ''
}

export function padToWidth(text: string, columns: number, align: 'left' | 'right' = 'left'): string {
  const gap = ' '.repeat(Math.max(0, columns - displayWidth(text)))
  return align === 'left' ? text + gap : gap + text
}

const widthOf = (char: string) => (wide.test(char) ? 2 : zero.test(char) ? 0 : 1)

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u
const zero = /[\p{Mn}\p{Me}\p{Cf}]/u
