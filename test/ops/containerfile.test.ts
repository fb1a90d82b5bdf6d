import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { releasePaths } from '../../src/app/release-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const text = readFileSync(join(root, 'ops/Containerfile'), 'utf8').replaceAll('\\\n', '')

describe('the container file', () => {
  test('copies what there is of millrace', () => {
    const copied = [...text.matchAll(/^COPY (millrace\/.*) \S+$/gm)].flatMap(([, paths = '']) => paths.split(' '))
    expect(copied).toContain('millrace/src')
    for (const path of copied) expect(existsSync(join(root, path.replace('millrace/', ''))), path).toBe(true)
  })

  test.each([
    ['all that a run may read, and nothing else', [...releasePaths, 'package.json'], ['.env', '.millrace']],
    ['a project without models and schedules', ['millrace.yaml', 'syncs', 'connectors'], ['node_modules']],
  ])('takes of a project %s', (_, names, others) => {
    const [folder, project] = [mkdtempSync(join(tmpdir(), 'folder-')), mkdtempSync(join(tmpdir(), 'project-'))]
    for (const name of [...names, ...others]) {
      const path = join(folder, name.includes('.') ? name : `${name}/deep/file`)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, 'x')
    }
    const [, taking = ''] = /^RUN (cd \/folder.*)$/m.exec(text) ?? []
    execFileSync('sh', ['-ec', taking.replaceAll('/folder', folder).replaceAll('/project/', `${project}/`)])
    expect(readdirSync(project).sort()).toEqual([...names].sort())
    expect(existsSync(join(project, 'syncs/deep/file'))).toBe(true)
    for (const each of [folder, project]) rmSync(each, { recursive: true })
  })
})
