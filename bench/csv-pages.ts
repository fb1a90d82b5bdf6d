/** Files of a bulk export: 50,000 contacts each as CSV, written once and sent with the ids of the page put in place. */
import { contactOf } from './rows.ts'

export type CsvPages = {
  readonly page: (number: number) => Buffer
  /** Of each page. */
  readonly rows: readonly number[]
}

export function makeCsvPages(rows: number): CsvPages {
  const columns = Object.keys(contactOf(0, ''))
  const text = [
    columns.join(','),
    ...Array.from({ length: csvPageRows }, (_, n) =>
      Object.values(contactOf(n, `co_${idDigits(n)}`))
        .map(cell)
        .join(','),
    ),
  ].join('\n')
  const template = Buffer.from(`${text}\n`)
  const idAt: number[] = []
  for (let at = template.indexOf('\nco_'); at !== -1; at = template.indexOf('\nco_', at + 1)) idAt.push(at + 4)
  return {
    rows: Array.from({ length: rows / csvPageRows }, () => csvPageRows),
    page(number) {
      const page = Buffer.from(template)
      for (const [n, at] of idAt.entries()) page.write(idDigits(number * csvPageRows + n), at, 'latin1')
      return page
    },
  }
}

function cell(value: unknown): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

const idDigits = (n: number) => String(n).padStart(16, '0')

const csvPageRows = 50_000
