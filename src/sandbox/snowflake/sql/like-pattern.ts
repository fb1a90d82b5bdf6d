/** What ILIKE matches. */
export function likePattern(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    .replaceAll('%', '.*')
    .replaceAll('_', '.')
  return new RegExp(`^${source}$`, 'is')
}
