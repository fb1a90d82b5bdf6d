import { userInfo } from 'node:os'

/** Who is at the keyboard, for what is written down of it. A uid of a container may have no name: Node throws where it has none. */
export function whoAmI(askSystem: () => { readonly username: string } = userInfo): string {
  try {
    return askSystem().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
