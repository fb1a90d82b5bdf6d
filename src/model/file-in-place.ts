/** What is said where listing a folder of the project failed since there is a file of its name; null: it failed otherwise. */
export function fileInPlaceOf(
  folder: string,
  cause: unknown,
): { readonly message: string; readonly next: string } | null {
  if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOTDIR')) return null
  return {
    message: `${folder} is a file, and has the name of a folder of the project`,
    next: 'Rename it, or move it elsewhere.',
  }
}
