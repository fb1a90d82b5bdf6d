import type { Limit } from './project.ts'

/** `10000` is rows, `5%` is a part of the snapshot. undefined: neither. */
export function parseLimit(text: string | number): Limit | undefined {
  const trimmed = String(text).trim()
  if (/^\d+(\.\d+)?%$/.test(trimmed)) return { fraction: Number(trimmed.slice(0, -1)) / 100 }
  const rows = /^\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN
  return Number.isSafeInteger(rows) ? { rows } : undefined
}

export const limitForm = 'a limit is a number of rows (`10000`) or a part of the snapshot (`5%`)'
