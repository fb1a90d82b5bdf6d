/** A Liquid template of a map: parsed once, rendered per row. */
import { liquidEngine, liquidVersion, maxOutputBytes } from './liquid-engine.ts'

export { liquidVersion }

export type Template = {
  /** The columns that it reads, as it spells them, and where. Lines and columns count from 1. */
  readonly columns: readonly TemplateColumn[]
  readonly render: (values: TemplateValues) => Rendered
}

export type TemplateColumn = {
  readonly name: string
  readonly line: number
  readonly column: number
  /** Does it read members of it (`address.city`)? Only a json column has any. */
  readonly hasMembers: boolean
}

/** By column name, as the template spells it: null, text, booleans, what `templateNumber` makes, and lists and objects of them. */
export type TemplateValues = { readonly [column: string]: unknown }

export type Rendered = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: string }

export type TemplateProblem = { readonly reason: string; readonly line: number; readonly column: number }

/** Plain digits (`1234.5`), as Liquid is to see them. */
export const templateNumber = (digits: string): unknown => liquidEngine().number(digits)

export function parseTemplate(text: string): { readonly template: Template } | { readonly problem: TemplateProblem } {
  const { liquid } = liquidEngine()
  try {
    const parsed = liquid.parse(text)
    const { globals } = liquid.analyzeSync(parsed, { partials: false })
    const columns = Object.entries(globals).map(([name, uses]): TemplateColumn => {
      const [line = 1, column = 1] = placeOf(uses[0])
      // `size` is what every text has.
      const hasMembers = uses.some(({ segments }) => segments.length > 1 && segments[1] !== 'size')
      return { name, line, column, hasMembers }
    })
    return { template: { columns, render: (values) => renderText(() => liquid.renderSync(parsed, values)) } }
  } catch (error) {
    const [line = 1, column = 1] = placeOfError(error)
    return { problem: { reason: reasonOf(error), line, column } }
  }
}

function renderText(render: () => unknown): Rendered {
  try {
    const text = String(render())
    // Its length first: a long text is a tree of pieces until somebody looks at its bytes.
    return text.length > maxOutputBytes || Buffer.byteLength(text) > maxOutputBytes
      ? { ok: false, reason: `the template makes more than ${maxOutputBytes} bytes` }
      : { ok: true, text: text.toWellFormed() }
  } catch (error) {
    return { ok: false, reason: `the template fails: ${reasonOf(error)}` }
  }
}

/** liquidjs writes a frame of the template under its message; we show our own. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/, line:\d+, col:\d+[\s\S]*$/, '')
    .replace(/^RenderError: |^undefined filter: /, (found) => (found.startsWith('u') ? 'there is no filter ' : ''))
    .replace(/^tag "?([\w#]+)"? not found$/, 'there is no tag $1')

const placeOf = (use: { readonly location: { readonly row: number; readonly col: number } } | undefined) =>
  use ? [use.location.row, use.location.col] : []

function placeOfError(error: unknown): readonly number[] {
  const [, line, column] = /line:(\d+), col:(\d+)/.exec(error instanceof Error ? error.message : '') ?? []
  return line === undefined ? [] : [Number(line), Number(column)]
}
