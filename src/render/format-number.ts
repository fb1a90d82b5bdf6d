/** Numbers as people read them, always with their unit, the same on every machine whatever its locale. */

/** `24,118`. Intl takes 12 ms to be ready to say so. */
export const formatCount = (count: number): string => String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ',')

/** `1 row`, `24,118 rows` */
export const formatCounted = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** `0.9 %`, `65 %`; a part that is not nothing never reads as 0 %. */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100
  if (percent > 0 && percent < 0.05) return '< 0.1 %'
  return `${percent < 10 ? percent.toFixed(1).replace(/\.0$/, '') : formatCount(percent)} %`
}

/** `0.8 s`, `48 s`, `2 min 5 s`, `1 h 12 min` */
export function formatSeconds(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${formatCount(Math.floor(whole / 3_600))} h ${Math.floor((whole % 3_600) / 60)} min`
}

/** `28d`, `26h`, `15m`, `90s`: as durations are written in YAML */
export function formatSpan(seconds: number): string {
  const [letter, length] = spans.find(([, each]) => seconds % each === 0) ?? ['s', 1]
  return `${seconds / length}${letter}`
}

/** `0 bytes`, `512 bytes`, `1.5 kB`, `24 MB`: powers of a thousand */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${formatCount(bytes)} bytes`
  const power = Math.min(byteUnits.length, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${value < 9.95 ? value.toFixed(1) : formatCount(value)} ${byteUnits[power - 1] ?? ''}`
}

/** `0`, `0.0021`, `1.5`: two digits that count, as one run costs little */
export const formatCredits = (credits: number): string =>
  credits === 0 ? '0' : credits.toFixed(Math.min(9, Math.max(2, 1 - Math.floor(Math.log10(credits)))))

/** `4,120/s` */
export const formatRate = (perSecond: number): string => `${formatCount(Math.round(perSecond))}/s`

/** `2026-11-21 09:55 UTC`; what is not an instant comes back as it is. */
export function formatInstant(iso: string): string {
  const time = Date.parse(iso)
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

const spans = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
] as const
const byteUnits = ['kB', 'MB', 'GB', 'TB', 'PB']
