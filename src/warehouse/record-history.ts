/** What the view `<parent>_history_scd2` needs to know: whole records over time, from the view of their fields. */
export type RecordHistoryView = {
  readonly schema: string
  /** `account_history_scd2` */
  readonly name: string
  /** The view of the field history in the same schema: `account_field_history`. */
  readonly fieldHistory: string
  /** Of two kinds of entry for one change, the one that holds what the parent's column holds (Salesforce: `EntityId`). null: any */
  readonly keyKind: string | null
  /** The view's columns, each with the fields of the history whose value it shows. At least one. */
  readonly columns: readonly { readonly name: string; readonly fields: readonly string[] }[]
}
