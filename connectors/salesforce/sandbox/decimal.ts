/** Exact comparison of numbers written as text: `9007199254740993` is not `9007199254740992`. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = [scaled(left), scaled(right)]
  const scale = Math.max(a.scale, b.scale)
  const difference = a.digits * 10n ** BigInt(scale - a.scale) - b.digits * 10n ** BigInt(scale - b.scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** Exponents written out, zeros behind the point removed. undefined: not a number. */
export function plainDecimal(text: string): string | undefined {
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d{1,3})?$/.test(text)) return undefined
  const { digits, scale } = scaled(text)
  if (scale <= 0) return String(digits * 10n ** BigInt(-scale))
  const sign = digits < 0n ? '-' : ''
  const plain = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  const fraction = plain.slice(-scale).replace(/0+$/, '')
  return sign + plain.slice(0, -scale) + (fraction ? `.${fraction}` : '')
}

export const wholeDigits = (plain: string) => plain.replace('-', '').split('.')[0]?.replace(/^0+/, '').length ?? 0

/**
 * How the vendor's JSON writes a number: a double's own form where it holds the digits (`1200.0`, `3.5E8`), and all digits
 * where it does not.
 */
export function renderDecimal(plain: string): string {
  const significant = plain.replace(/[-.]/g, '').replace(/^0+/, '')
  return significant.replace(/0+$/, '').length > 15 ? plain : renderDouble(Number(plain))
}

/** https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/lang/Double.html#toString(double) */
export function renderDouble(value: number): string {
  const magnitude = Math.abs(value)
  if (magnitude === 0) return '0.0'
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa = '0', exponent = '0'] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

function scaled(text: string): { readonly digits: bigint; readonly scale: number } {
  const [mantissa = '0', exponent = '0'] = text.replace(/^\+/, '').toLowerCase().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}
