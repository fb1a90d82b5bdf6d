import type { Redactor } from './redact.ts'

/** Of every host of this process, also when it is closed: what nobody caught may come late, and knows no host. */
export const processRedactors = (): readonly Redactor[] => [...redactors]

export const keepRedactor = (redactor: Redactor): unknown => redactors.add(redactor)

const redactors = new Set<Redactor>()
