import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MillraceError } from '../model/millrace-error.ts'
import { systemWords } from '../model/system-words.ts'

/**
 * Writes files below a directory that is made where it is missing.
 * @param flag `wx`: a file that is there is not overwritten, and a link not followed
 * @throws MillraceError MR-1001 where they cannot be written
 */
export async function writeFiles(
  root: string,
  files: { readonly [path: string]: string },
  { doing, flag, next }: { readonly doing: string; readonly flag: 'w' | 'wx'; readonly next: string },
): Promise<void> {
  const written: string[] = []
  try {
    await mkdir(root, { recursive: true })
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true })
      await writeFile(join(root, path), text, { flag })
      written.push(path)
    }
  } catch (error) {
    const { code = '', path = root } = error as NodeJS.ErrnoException // fs throws nothing else
    const words = systemWords(error)
    if (words === undefined || code === 'ENOSPC' || code === 'EDQUOT') throw error
    const why =
      code === 'ENOTDIR' || code === 'EEXIST' ? `${path} is no folder, and cannot be made one` : `${path}: ${words}`
    throw new MillraceError('MR-1001', {
      message: `${doing} into ${root}: ${why}`,
      kept: written.length === 0 ? 'Nothing was written.' : `${written.join(', ')} was written, and nothing else.`,
      next,
      cause: error,
    })
  }
}
