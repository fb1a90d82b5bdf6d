/** What the view `<parent>_field_history` needs to know; names are the warehouse's. See docs/adr on why it is a view. */
export type FieldHistoryView = {
  readonly schema: string
  /** `account_field_history` */
  readonly name: string
  readonly history: {
    readonly table: string
    /** Its rows are intervals (`scd2`): only the latest of each key counts. @default false */
    readonly hasIntervals?: boolean
    readonly key: string
    readonly record: string
    readonly field: string
    readonly from: string
    readonly to: string
    readonly at: string
    /** null: not loaded. */
    readonly by: string | null
    readonly kind: string | null
  }
  readonly parent: {
    readonly table: string
    readonly hasIntervals?: boolean
    readonly key: string
    readonly createdAt: string
  }
  readonly who: {
    readonly table: string
    readonly hasIntervals?: boolean
    readonly key: string
    readonly name: string
  } | null
  /** Field as the history spells it → the parent's column with its present value. */
  readonly tracked: { readonly [historyName: string]: string }
  /** Entries of these names, if they have a value, are changes of the field that is named so. @default none */
  readonly otherNames?: { readonly [name: string]: string }
  /** Entries of these names are of fields that the parent's table does not have: the view leaves them out. @default none */
  readonly leftOut?: readonly string[]
}
