import { globSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, it } from 'vitest'

const parse = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'))
const manifest = parse('package.json')
const lock = parse('package-lock.json')

it('the vendors’ SDKs are installed here whatever Node runs npm: an optional package is skipped where its engines do not fit', () => {
  for (const [name, version] of Object.entries(manifest.optionalDependencies)) {
    expect(manifest.devDependencies[name]).toBe(version)
    expect(lock.packages[`node_modules/${name}`].optional, name).toBeUndefined()
  }
})

it('every version is exact, and the lockfile names no place that packages came from', () => {
  const versions = ['dependencies', 'optionalDependencies', 'devDependencies'].flatMap((kind) =>
    Object.values(manifest[kind]),
  )
  for (const version of versions) expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
  expect(JSON.stringify(lock)).not.toContain('"resolved"')
})

it('the lockfile has every optional platform package that its entries name, so that npm ci agrees with it', () => {
  const present = new Set(Object.keys(lock.packages).map((key) => key.split('node_modules/').at(-1)))
  const wanted = Object.values<{ optionalDependencies?: Record<string, string> }>(lock.packages).flatMap((entry) =>
    Object.entries(entry.optionalDependencies ?? {}).flatMap(([name, version]) => (/^\d/.test(version) ? [name] : [])),
  )
  expect(wanted.filter((name) => !present.has(name))).toEqual([])
})

it('the package has what its messages and pages send to: what a vendor is to grant, and the connector of the guide', () => {
  const guide = readFileSync(new URL('../docs/connectors.md', import.meta.url), 'utf8')
  const named = new Set(guide.match(/test\/[\w/-]+\.ts/g))
  expect([...named]).not.toEqual([])
  expect(manifest.files).toEqual(expect.arrayContaining(['connectors/*/README.md', ...named]))
})

it('every page of the package links to what is in the package, too', () => {
  const isPacked = (path: string) =>
    path === 'README.md' ||
    manifest.files.some((kept: string) => posix.matchesGlob(path, kept) || path.startsWith(`${kept}/`))
  const pages = globSync('**/*.md', { cwd: new URL('..', import.meta.url), exclude: ['node_modules'] }).filter(isPacked)
  const links = pages.flatMap((page) =>
    [...readFileSync(new URL(`../${page}`, import.meta.url), 'utf8').matchAll(/\]\((?!\w+:)([^)#\s]+)/g)].map(
      ([, to = '']) => posix.join(posix.dirname(page), to),
    ),
  )
  expect(links).not.toEqual([])
  expect(links.filter((to) => !isPacked(to))).toEqual([])
})
