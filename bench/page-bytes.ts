/**
 * The bytes of every page, cheaply: a few pages are written once, and a request gets a copy of one with its ids put in
 * place, so that a million rows need no gigabytes and the server hardly any time.
 */
import { chargeOf, contactOf } from './rows.ts'

export type PageShape = keyof typeof shapes

export type Pages = {
  readonly page: (first: number) => Buffer
  /** The row with this id. */
  readonly indexOf: (id: string) => number
}

export function makePages(shape: PageShape, rows: number): Pages {
  const { prefix, row } = shapes[shape]
  const templates = Array.from({ length: templateCount }, (_, template) =>
    makeTemplate(template, { prefix, row, shape }),
  )
  return {
    indexOf: (id) => Number(id.slice(prefix.length)),
    page(first) {
      const template = templates[(first / pageRows) % templateCount]
      if (!template || first % pageRows !== 0) throw new Error(`There is no page that begins at row ${first}.`)
      const { bytes, idAt, hasMoreAt } = template
      const page = Buffer.from(bytes)
      for (const [index, at] of idAt.entries()) page.write(idDigits(first + index), at, 'latin1')
      page.write(first + pageRows < rows ? 'true ' : 'false', hasMoreAt, 'latin1')
      return page
    },
  }
}

type Template = { readonly bytes: Buffer; readonly idAt: readonly number[]; readonly hasMoreAt: number }

/** Pretty-printed by two spaces, as Stripe sends it. */
function makeTemplate(
  template: number,
  {
    prefix,
    row,
    shape,
  }: { readonly prefix: string; readonly row: (n: number, id: string) => object; readonly shape: string },
): Template {
  const data = Array.from({ length: pageRows }, (_, index) =>
    row(template * pageRows + index, `${prefix}${idDigits(index)}`),
  )
  const text = JSON.stringify({ object: 'list', data, has_more: 'MORE', url: `/v1/${shape}s` }, null, 2)
  const bytes = Buffer.from(text.replace('"MORE"', 'true '))
  const idAt = data.map((_, index) => bytes.indexOf(`"${prefix}${idDigits(index)}"`) + 1 + prefix.length)
  return { bytes, idAt, hasMoreAt: bytes.lastIndexOf('"has_more": ') + '"has_more": '.length }
}

const idDigits = (index: number) => String(index).padStart(16, '0')

const shapes = {
  charge: { prefix: 'ch_3', row: chargeOf },
  contact: { prefix: 'co_', row: contactOf },
} as const

export const pageRows = 100
const templateCount = 25
