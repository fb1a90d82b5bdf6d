import { z } from 'zod'

/** A day (UTC) or an instant, as the ISO instant that it is. undefined: neither. */
export function parseInstant(text: string): string | undefined {
  const parsed = form.safeParse(text)
  return parsed.success ? new Date(parsed.data).toISOString() : undefined
}

export const instantForm = 'is a day (`2024-01-01`, UTC) or an instant (`2024-01-01T00:00:00Z`)'

const form = z.union([z.iso.date(), z.iso.datetime({ offset: true })])
