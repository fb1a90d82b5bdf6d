import type { WorldOptions } from '../app/command-sandbox.ts'
import { MillraceError } from '../model/millrace-error.ts'
import { parseCount } from './parse-count.ts'

export type WorldFlags = { readonly seed?: string; readonly scale?: string }

export function worldOptions({ seed, scale }: WorldFlags): WorldOptions {
  return {
    ...(seed === undefined ? {} : { seed: parseCount('--seed', seed, 0) }),
    ...(scale === undefined ? {} : { scale: parseScale(scale) }),
  }
}

function parseScale(text: string): number {
  const scale = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (scale > 0 && scale <= 1000) return scale
  throw new MillraceError('MR-1001', {
    message: `--scale ${text}: must be a number above 0, up to 1000; 1 is about 1,500 companies`,
    kept: 'The sandbox is as it was.',
  })
}
