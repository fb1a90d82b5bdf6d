import { readFileSync, utimesSync } from 'node:fs'
import { join } from 'node:path'

/** What a release says of itself, in its `.release.json`. */
export type ReleaseNote = {
  /** Short; with `+changes` where the folder differed from it. null: not in a repository. */
  readonly commit: string | null
  /** `folder`, or the git ref. */
  readonly from: string
  readonly frozen_at: string
}

/** null: the folder is no release. One that is damaged says nothing, and is made again by the next daemon that looks. */
export function readReleaseNote(folder: string): ReleaseNote | null {
  let text: string
  try {
    text = readFileSync(join(folder, releaseNoteName), 'utf8')
  } catch {
    return null // an ordinary folder
  }
  try {
    const { commit, from, frozen_at } = JSON.parse(text) as ReleaseNote // what freezeProject wrote
    return { commit, from, frozen_at }
  } catch {
    return { commit: null, from: '', frozen_at: '' }
  }
}

/** It is in use: the time of its note is what its age counts from. */
export function touchRelease(folder: string): void {
  const now = new Date()
  try {
    utimesSync(join(folder, releaseNoteName), now, now)
  } catch {
    // Of another user, or gone: then it is as old as it says.
  }
}

export const releaseNoteName = '.release.json'
