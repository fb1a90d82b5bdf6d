import { readFileSync } from 'node:fs'

/** Reads millrace's own package.json, which is two folders up in a checkout and three in an installed package. */
export function readOwnPackage(): OwnPackage {
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const own: OwnPackage = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8'))
      if (own.name === 'millrace') return own
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
  return { name: 'millrace', version: '0.0.0' }
}

export type OwnPackage = {
  readonly name: string
  readonly version: string
  readonly dependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}
