/** Colour only emphasises: without it every text says the same. */
export type Style = 'plain' | 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

export type Paint = (style: Style, text: string) => string

export const makePaint = (color: boolean): Paint =>
  color
    ? (style, text) => (style === 'plain' || text === '' ? text : `\u001b[${codes[style]}m${text}\u001b[0m`)
    : (_, text) => text

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const
