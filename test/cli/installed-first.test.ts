/** `npm init` and `npm install` of millrace came before `millrace init`: package.json is there already. */
import { expect, test } from 'vitest'
import { emptyDirectory, millrace, write } from './command.ts'

test('`init` writes the project beside package.json, and a connector in it is told what package.json lacks', async () => {
  const project = emptyDirectory()
  write(project, 'package.json', '{ "type": "commonjs" }')
  const init = await millrace(project, 'init')
  expect(init).toMatchObject({ code: 0, stdout: expect.not.stringContaining('package.json') })
  expect(init.stderr).toContain('package.json stays as it is')
  expect(await millrace(project, 'sync', 'validate')).toMatchObject({ code: 0 })

  write(project, 'connectors/stripe/index.ts', `import { connector } from 'millrace'\nexport default connector({})\n`)
  const refused = await millrace(project, 'sync', 'validate')
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Next: Its package.json needs  "type": "module"'),
  })
})
