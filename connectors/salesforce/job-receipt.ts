import { MillraceError, z, type Json } from 'millrace'

/** What a run keeps of the jobs that it began. */
export type JobReceipt = z.output<typeof jobReceipt>

export function readReceipt(receipt: Json): JobReceipt {
  const parsed = jobReceipt.safeParse(receipt)
  if (parsed.success) return parsed.data
  throw new MillraceError('MR-1401', {
    message: 'Settling a job of an earlier run at Salesforce: its receipt is not one of this connector.',
    kept: 'Nothing was sent.',
  })
}

const jobReceipt = z.object({
  jobs: z.array(z.object({ id: z.string(), kind: z.enum(['upsert', 'insert', 'update', 'delete']) })),
})
