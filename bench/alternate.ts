import type { Figure, Pair } from './benchmark.ts'

/**
 * Measures both sides in turn, the first one changing from pair to pair (AB BA AB …), so that a machine that slows down or
 * speeds up does so to both. One pair before the first fills the page cache and the compile cache.
 */
export async function alternate(
  pairs: number,
  measure: { readonly ours: () => Promise<Figure>; readonly floor: () => Promise<Figure> },
): Promise<readonly Pair[]> {
  const measured: Pair[] = []
  for (let turn = -1; turn < pairs; turn++) {
    const oursFirst = turn % 2 === 0
    const first = await (oursFirst ? measure.ours() : measure.floor())
    const second = await (oursFirst ? measure.floor() : measure.ours())
    if (turn >= 0) measured.push(oursFirst ? { ours: first, floor: second } : { ours: second, floor: first })
  }
  return measured
}
