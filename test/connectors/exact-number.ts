import type { ExactNumber } from 'millrace'

/** A number with all its digits. TypeScript's library does not know JSON.rawJSON yet. */
export const exact = (JSON as unknown as { readonly rawJSON: (text: string) => ExactNumber }).rawJSON
