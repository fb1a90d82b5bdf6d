import type { WarehouseType } from '../project.ts'

/** Something that a model may say and that is not the same on both warehouses. */
export type PortabilityRule = {
  /** In the code of a model: literals, comments, names in quotes and the names of macros are blanked out. */
  readonly pattern: RegExp
  /** The warehouse that refuses it; null: both take it, and it is not the same. */
  readonly lackedBy: WarehouseType | null
  /** A sentence. */
  readonly why: string
  /** What to write instead, and then it is the same on both. */
  readonly instead: string
  /** A piece of SQL in which nothing but this rule has something to say. */
  readonly example: string
}
