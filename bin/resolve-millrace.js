// Connectors say `import … from 'millrace'`: here that name becomes this very copy of millrace (its TypeScript in a
// checkout, dist/ in an installed package), so that a project's own connectors never load a second engine.
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const fromSource = existsSync(fileURLToPath(new URL('src/index.ts', root)))
const entry = (name) => new URL(fromSource ? `src/${name}.ts` : `dist/src/${name}.js`, root).href
const entries = { millrace: 'index', 'millrace/testing': 'testing', 'millrace/sandbox': 'sandbox' }

registerHooks({
  resolve(specifier, context, nextResolve) {
    const name = Object.hasOwn(entries, specifier) ? entries[specifier] : undefined
    return name ? { url: entry(name), shortCircuit: true } : nextResolve(specifier, context)
  },
})

export const mainModule = entry('cli/main')
