import { existsSync, readFileSync } from 'node:fs'

/** Of this copy of millrace: package.json stands two folders up in a checkout, three in an installed package. */
export function ownVersion(): string {
  const place = ['../../package.json', '../../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  if (!place) return '0.0.0'
  const { version }: { readonly version?: unknown } = JSON.parse(readFileSync(place, 'utf8'))
  return String(version)
}
