/**
 * A double in the fewest digits that read back to the same one, in DuckDB's form: `1.0`, `0.1`, `1e+16`, `1e-05`, `nan`.
 * The wire gives a FLOAT column with fewer digits than it has; `TO_VARCHAR(x, 'TME')` gives 17 of them, which this reads.
 */
export function doubleText(wire: string): string {
  const number = Number(words[wire.toLowerCase()] ?? wire)
  if (Number.isNaN(number)) return 'nan'
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf'
  const sign = number < 0 || Object.is(number, -0) ? '-' : ''
  const [digits = '0', exponentText = '0'] = Math.abs(number).toExponential().replace('.', '').split('e')
  const exponent = Number(exponentText)
  if (number !== 0 && (exponent < -4 || exponent >= 16)) return sign + scientific(digits, exponent)
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0')
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`
}

function scientific(digits: string, exponent: number): string {
  const mantissa = digits.length === 1 ? digits : `${digits[0] ?? ''}.${digits.slice(1)}`
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

const words: { readonly [word: string]: number } = {
  inf: Infinity,
  '+inf': Infinity,
  infinity: Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
  nan: NaN,
}
