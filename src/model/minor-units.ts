/**
 * How many decimals an amount has that a vendor gives as a whole number of minor units. Stripe: "two-decimal currencies
 * unless otherwise specified", and these are what it specifies. Not ISO 4217: MGA has none here.
 * https://docs.stripe.com/currencies#zero-decimal
 * https://docs.stripe.com/currencies#three-decimal
 *
 * Of the special cases none is an exception here: amounts in ISK and in UGX have two decimals, always 00 (500 is 5 UGX, though
 * the page lists UGX among those without decimals, too), and HUF and TWD have none in payouts only, whose amounts still are in
 * hundredths. https://docs.stripe.com/currencies#special-cases
 */
export const minorUnitDecimals: readonly { readonly decimals: number; readonly currencies: readonly string[] }[] = [
  { decimals: 0, currencies: 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' ') },
  { decimals: 3, currencies: 'BHD JOD KWD OMR TND'.split(' ') },
]

/** Of all others that are a code of three letters. What is none (null, a token such as `usdc`) has no known minor unit. */
export const usualDecimals = 2
