/** Decimal arithmetic without rounding, on text: `0.1` and `0.2` make `0.3`, and a 38-digit number keeps its digits. */

/** `digits` / 10^`scale`. */
export type ExactDecimal = { readonly digits: bigint; readonly scale: number }

/** undefined: this is no decimal number, or one so large or small that nobody means it. */
export function parseDecimal(text: string): ExactDecimal | undefined {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?\s*$/.exec(text)
  const [, sign, whole = '', fraction = '', power = '0'] = match ?? []
  if (!match || whole + fraction === '' || text.length > maxDigits) return undefined
  const scale = fraction.length - Number(power)
  const digits = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`)
  if (Math.abs(scale) > maxDigits) return undefined
  return trim(scale < 0 ? { digits: digits * power10(-scale), scale: 0 } : { digits, scale })
}

/** `1.50` → `1.5`, `2.00` → `2`, `-0` → `0`; never an exponent. */
export function decimalText(decimal: ExactDecimal): string {
  const { digits, scale } = trim(decimal)
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  const [whole, fraction] = scale === 0 ? [text, ''] : [text.slice(0, -scale), text.slice(-scale)]
  return `${digits < 0n ? '-' : ''}${whole}${fraction ? `.${fraction}` : ''}`
}

export function compareDecimals(a: ExactDecimal, b: ExactDecimal): number {
  const [left, right] = aligned(a, b)
  return left < right ? -1 : left > right ? 1 : 0
}

export function addDecimals(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const [left, right, scale] = aligned(a, b)
  return { digits: left + right, scale }
}

export const negateDecimal = ({ digits, scale }: ExactDecimal): ExactDecimal => ({ digits: -digits, scale })

export const multiplyDecimals = (a: ExactDecimal, b: ExactDecimal): ExactDecimal => ({
  digits: a.digits * b.digits,
  scale: a.scale + b.scale,
})

/** To `places` after the point, half away from zero. The divisor is not 0. */
export function divideDecimals(a: ExactDecimal, b: ExactDecimal, places: number): ExactDecimal {
  const [left, right] = aligned(a, b)
  return { digits: divideRounded(left * power10(places), right), scale: places }
}

/** The remainder has the divisor's sign, as Liquid and SQL's floor division have it. The divisor is not 0. */
export function moduloDecimals(a: ExactDecimal, b: ExactDecimal): ExactDecimal {
  const [left, right, scale] = aligned(a, b)
  const rest = left % right
  return { digits: rest !== 0n && rest < 0n !== right < 0n ? rest + right : rest, scale }
}

export function roundDecimal(
  { digits, scale }: ExactDecimal,
  places: number,
  how: 'half' | 'up' | 'down',
): ExactDecimal {
  if (scale <= places) return { digits, scale }
  const unit = power10(scale - places)
  const floor = digits / unit - (digits % unit < 0n ? 1n : 0n)
  const rounded = {
    half: () => divideRounded(digits, unit),
    down: () => floor,
    up: () => (floor * unit === digits ? floor : floor + 1n),
  }[how]()
  return places < 0 ? { digits: rounded * power10(-places), scale: 0 } : { digits: rounded, scale: places }
}

/** Digits that a result may have: nobody's amounts have more, and a loop of multiplications must end somewhere. */
export const maxDigits = 1000

/** Half away from zero. */
function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const negative = dividend < 0n !== divisor < 0n
  const [n, d] = [abs(dividend), abs(divisor)]
  const quotient = (2n * n + d) / (2n * d)
  return negative ? -quotient : quotient
}

function aligned(a: ExactDecimal, b: ExactDecimal): readonly [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale)
  return [a.digits * power10(scale - a.scale), b.digits * power10(scale - b.scale), scale]
}

function trim({ digits, scale }: ExactDecimal): ExactDecimal {
  let [rest, places] = [digits, scale]
  while (places > 0 && rest % 10n === 0n) [rest, places] = [rest / 10n, places - 1]
  return { digits: rest, scale: places }
}

const power10 = (exponent: number) => 10n ** BigInt(exponent)
const abs = (value: bigint) => (value < 0n ? -value : value)
