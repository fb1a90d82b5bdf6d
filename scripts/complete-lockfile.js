// `npm ci` wants every optional platform package in the lockfile, also those that a registry mirror does not have and
// `npm install` therefore left out. Their versions are exact in the packages that name them, so they can be written down:
// run this after `npm install`.
import { readFileSync, writeFileSync } from 'node:fs'

const path = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(path, 'utf8'))
const present = new Set(Object.keys(lock.packages).map((key) => key.split('node_modules/').at(-1)))

for (const entry of Object.values(lock.packages))
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {}))
    if (!present.has(name) && /^\d/.test(version))
      lock.packages[`node_modules/${name}`] = describe(name, version, entry.dev)

const sorted = Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1))
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)

/** Platform and processor stand in the package's name: `…-linux-arm64-musl`. */
function describe(name, version, dev) {
  const words = name.split(/[-/]/)
  const os = ['darwin', 'win32', 'linux', 'android', 'freebsd', 'openharmony'].find((word) => words.includes(word))
  const cpu = ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x'].find((word) => words.includes(word))
  const last = words.at(-1) ?? ''
  const libc = os !== 'linux' ? null : last.includes('musl') ? 'musl' : last.includes('gnu') ? 'glibc' : null
  return {
    version,
    cpu: [cpu],
    ...(dev ? { dev } : {}),
    ...(libc ? { libc: [libc] } : {}),
    optional: true,
    os: [os],
  }
}
