import type { Column } from '../model/table.ts'

/** What the view `<table>_decimal` needs to know: the table, with amounts in minor units as decimals beside them. */
export type DecimalView = {
  readonly schema: string
  /** `charges_decimal` */
  readonly name: string
  readonly table: string
  /** Every column of the table, as it is stored. */
  readonly columns: readonly Column[]
  /** The column with the code of the currency, in any case. null: it is not known, and there are no amounts. */
  readonly currency: string | null
  /** `as`: the view's column with the decimal. */
  readonly amounts: readonly { readonly column: string; readonly as: string }[]
}
