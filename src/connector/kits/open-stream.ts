import assert from 'node:assert/strict'
import type { Scan, ScanItem, Stream } from '../contract.ts'
import { stepOf, type Step } from './read-steps.ts'
import type { Stage } from './stage.ts'

export type StreamOnStage = {
  readonly stream: Stream
  /** A full pass from the beginning up to the vendor's now, unless said. */
  readonly scan: (over?: Partial<Scan>) => Promise<Scan>
  readonly items: (scan: Scan, signal?: AbortSignal) => AsyncIterable<ScanItem>
  readonly steps: (scan: Scan) => Promise<readonly Step[]>
  /** undefined: it has no count. */
  readonly count: (scan: Scan) => Promise<number> | undefined
}

export async function openStream({ open, vendor }: Stage, name: string): Promise<StreamOnStage> {
  const { opened, host } = await open()
  const streams = (await opened.streams?.({ names: [name], signal: never })) ?? []
  const stream = streams.find((each) => each.name === name)
  assert(stream, `streams({ names: ['${name}'] }) does not bring it`)
  const items = (scan: Scan, signal: AbortSignal = never) => stream.read(scan, host.context(signal))
  return {
    stream,
    items,
    count: (scan) => stream.count?.(scan, host.context(never)),
    scan: async (over = {}) => ({
      id: 'scan_kit',
      from: null,
      to: new Date((await vendor.now()).getTime() - stream.lagMs).toISOString(),
      resume: null,
      full: true,
      start: null,
      fields: Object.keys(stream.columns),
      where: null,
      options: {},
      children: stream.children.map((child) => child.name),
      limit: null,
      ...over,
    }),
    steps: async (scan) => {
      const steps: Step[] = []
      for await (const item of items(scan)) steps.push(stepOf(name, item))
      return steps
    },
  }
}

const never = new AbortController().signal
