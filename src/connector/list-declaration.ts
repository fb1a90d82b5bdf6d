/** A stream of a REST vendor, said instead of written: its list, how one gets to the next page, and what counts it. */
import type { Query } from './host.ts'

/** A list endpoint that answers JSON. */
export type ListDeclaration = {
  readonly path: string
  /** Where the records are: `data`, `result.items`, or `''` for a top-level array. */
  readonly records: string
  /** Query parameter that takes the lower bound (ISO, or `unix` seconds with `sinceFormat`). Without it every scan is full. */
  readonly since?: string
  /** Query parameter that takes the upper bound, exclusive. */
  readonly until?: string
  /** @default 'iso' */
  readonly sinceFormat?: 'iso' | 'unix'
  readonly query?: Query
  readonly page: Paging
}

export type Paging =
  /** One page holds everything. */
  | { readonly kind: 'none' }
  /** The answer names the next cursor at `next`; null or absent ends. */
  | { readonly kind: 'cursor'; readonly param: string; readonly next: string; readonly size?: PageSize }
  /** The next page begins after the last record's `field`; ends when `more` is false, or at an empty page. */
  | {
      readonly kind: 'after'
      readonly param: string
      readonly field: string
      readonly more?: string
      readonly size?: PageSize
    }
  /** Page numbers from `first` (@default 1) until a page is empty. */
  | { readonly kind: 'page'; readonly param: string; readonly first?: number; readonly size?: PageSize }
  /** Offsets from 0 until a page is empty. */
  | { readonly kind: 'offset'; readonly param: string; readonly size: PageSize }
  /** The answer holds the whole next URL at `next` (same origin only). */
  | { readonly kind: 'link'; readonly next: string }

export type PageSize = { readonly param: string; readonly value: number }

/** A request that answers how many records a scan will bring. */
export type CountDeclaration = {
  readonly path: string
  /** Where in the answer the number is: `total`, `meta.count`. */
  readonly value: string
  /** Query parameters of a scan's bounds, as of the list; their instants are written as its `sinceFormat` says. @default the count has no bounds */
  readonly since?: string
  readonly until?: string
}
