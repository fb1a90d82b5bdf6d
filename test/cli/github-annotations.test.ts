import { expect, test } from 'vitest'
import { dirname, basename } from 'node:path'
import { edit, newProject, startMillrace } from './command.ts'

const project = await newProject()
edit(project, 'syncs/customerio_people.yaml', (text) => text.replace('primary_key:', 'primary_keys:'))
const onGithub = (env: { readonly [name: string]: string }, ...args: readonly string[]) =>
  startMillrace(project, args, { GITHUB_ACTIONS: 'true', ...env }).ended

test.each([['validate'], ['run --all'], ['plan']])(
  'sync %s annotates a mistake of YAML at its place',
  async (command) => {
    const { code, stdout, stderr } = await onGithub({}, 'sync', ...command.split(' '))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('error[MR-1203] unknown key `primary_keys`\n')
    expect(stderr).toMatch(
      /^::error file=syncs\/customerio_people\.yaml,line=3,col=1,title=MR-1203::unknown key `primary_keys`%0ADid you mean `primary_key`\?$/m,
    )
  },
)

test('names the file from the repository on, where the project is a folder of it', async () => {
  const { stderr } = await onGithub({ GITHUB_WORKSPACE: dirname(project) }, 'sync', 'validate')
  expect(stderr).toContain(`::error file=${basename(project)}/syncs/customerio_people.yaml,line=3,`)
  const elsewhere = await onGithub({ GITHUB_WORKSPACE: '/somewhere/else' }, 'sync', 'validate')
  expect(elsewhere.stderr).toContain('::error file=syncs/customerio_people.yaml,line=3,')
})

test('a warning of a model has its annotation, too; with --json there is none', async () => {
  const sound = await newProject()
  edit(sound, 'models/people.sql', (text) => `-- of today\n${text.replace('select', 'select now() as at_,')}`)
  const validate = (...more: readonly string[]) =>
    startMillrace(sound, ['sync', 'validate', '--portable', ...more], { GITHUB_ACTIONS: 'true' }).ended
  expect((await validate()).stderr).toMatch(/^::warning file=models\/people\.sql,line=\d+,col=\d+::/m)
  expect((await validate('--json')).stderr).toBe('')
})
