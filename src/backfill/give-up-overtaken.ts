import type { Session } from '../warehouse/port.ts'
import type { Partition } from './plan-backfill.ts'

/** Nobody goes on with them, and while one is open every commit of its stream writes unchanged rows, too. */
export async function giveUpOvertaken(session: Session, sync: string, partitions: readonly Partition[]): Promise<void> {
  const streams = new Map(partitions.map(({ plan, overtaken }) => [plan.stream.name, overtaken]))
  for (const [stream, names] of streams)
    for (const partition of names) await session.state.forgetScan({ sync, stream, partition })
}
