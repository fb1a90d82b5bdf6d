/** `init` writes a project that runs at once, whatever its folder is called. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { initProject } from '../../src/config/init-project.ts'
import { parseProject } from '../../src/config/parse-project.ts'

test.each(['2025', '007', '1e5', 'true', 'null'])('in a folder %s', async (name) => {
  const root = join(mkdtempSync(join(tmpdir(), 'millrace-init-')), name)
  await initProject(root, { millraceVersion: '1.0.0' })
  expect(parseProject(root).name).toBe(name)
})
