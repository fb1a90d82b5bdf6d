import { stars } from '../model/mask.ts'

/** Why a row is refused: as it is told, and without what that quotes of the row, for a personal field. */
export type RefusalWords = { readonly reason: string; readonly starred: string }

/** Words that quote nothing of the row. */
export const said = (reason: string): RefusalWords => ({ reason, starred: reason })

/** `shown`: the value, as far as it is told. */
export const saidOf = (shown: string, what: string): RefusalWords => ({
  reason: `${shown} ${what}`,
  starred: `${stars} ${what}`,
})

export const at = (place: string, { reason, starred }: RefusalWords): RefusalWords => ({
  reason: `${place}: ${reason}`,
  starred: `${place}: ${starred}`,
})
