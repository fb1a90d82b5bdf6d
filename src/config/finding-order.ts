import type { MillraceError } from '../model/millrace-error.ts'

/** millrace.yaml first, then by file, line and column: the order in which one reads and repairs them. */
export function inFileOrder(findings: readonly MillraceError[]): readonly MillraceError[] {
  const key = ({ place }: MillraceError) =>
    [place?.file === 'millrace.yaml' ? '' : (place?.file ?? ''), place?.line ?? 0, place?.column ?? 0] as const
  return [...findings].sort((a, b) => {
    const [fileA, lineA, columnA] = key(a)
    const [fileB, lineB, columnB] = key(b)
    return fileA === fileB ? lineA - lineB || columnA - columnB : fileA < fileB ? -1 : 1
  })
}
