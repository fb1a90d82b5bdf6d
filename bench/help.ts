import { alternate } from './alternate.ts'
import type { Benchmark } from './benchmark.ts'
import { launcher, peakMemoryMb, timeNode } from './child.ts'

export const help: Benchmark = {
  name: 'help',
  about: '`millrace --help` against `node -e 0`: wall time from spawn to exit',
  unit: 'ms',
  better: 'lower',
  limit: 2.5,
  pairs: async ({ full }) => {
    const ours = [launcher, '--help']
    const [oursMb, floorMb] = [await peakMemoryMb(ours), await peakMemoryMb(bareNode)]
    return alternate(full ? 41 : 21, {
      ours: () => timeNode(ours, oursMb),
      floor: () => timeNode(bareNode, floorMb),
    })
  },
}

/** A Node that does nothing: less than this no command of ours can take. */
export const bareNode: readonly string[] = ['-e', '0']
