import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkSecrets } from '../../src/app/check-project.ts'
import { followProject, type ProjectFollower } from '../../src/app/follow-project.ts'
import { projectCommit } from '../../src/app/project-commit.ts'
import { readReleaseNote } from '../../src/app/release-note.ts'
import { loadProject } from '../../src/config/load.ts'
import type { EtlSync, Target } from '../../src/config/project.ts'
import { caughtFrom } from '../config/temp-project.ts'
import {
  commit,
  emptyFolder,
  git,
  hasGit,
  initRepository,
  moreCharges,
  needsGit,
  soundFiles,
  writeFiles,
  wrongSync,
} from './git-repository.ts'

let folder = ''
let problems: string[] = []

beforeEach(() => {
  folder = emptyFolder()
  problems = []
  return () => rmSync(folder, { recursive: true, force: true })
})

afterEach(() => vi.unstubAllEnvs())

const follow = (options: { directory?: string; gitRef?: string; fetchEveryMs?: number } = {}) =>
  followProject({ directory: folder, settleMs: 10, onProblem: (message) => problems.push(message), ...options })

const streams = ({ project }: ProjectFollower) => {
  const sync = project().syncs.find((each): each is EtlSync => each.kind === 'etl')
  return sync?.streams.map(({ name }) => name)
}
const fileOf = ({ project }: ProjectFollower, path: string) => readFileSync(join(project().root, path), 'utf8')
const commitOf = ({ project }: ProjectFollower) => projectCommit(project().root)
const emptyFile = (path: string) => {
  chmodSync(path, 0o644)
  writeFileSync(path, '')
}
const releases = (of = folder) => readdirSync(join(of, '.millrace/releases')).toSorted()

describe('a folder that is followed', () => {
  beforeEach(() => writeFiles(folder, soundFiles))

  it('is frozen: what a run reads stays while the folder changes under it', async () => {
    const follower = await follow()
    const { root, home } = follower.project()
    expect(root).toMatch(new RegExp(`^${folder}/\\.millrace/releases/[0-9a-f]{16}$`))
    expect(home).toBe(folder)
    writeFiles(folder, { 'syncs/stripe.yaml': wrongSync, 'millrace.yaml': null })
    const begun = await loadProject(root, { home })
    expect(begun.syncs).toEqual(follower.project().syncs)
    expect(begun.targets['sandbox']?.warehouse).toMatchObject({ path: join(folder, '.millrace/here.duckdb') })
  })

  it('is taken over between runs: the next one reads the change, and one that is on keeps what it began with', async () => {
    const follower = await follow()
    const before = follower.project()
    expect(await follower.look()).toBe('same')
    writeFiles(folder, { 'syncs/stripe.yaml': moreCharges })
    expect(await follower.look()).toBe('changed')
    expect(streams(follower)).toEqual(['customers', 'charges'])
    expect((await loadProject(before.root, before)).syncs).toEqual(before.syncs)
    expect(await follower.look()).toBe('same')
    expect(problems).toEqual([])
  })

  it('is not taken over while it is being written, though half of it is right', async () => {
    const follower = await follow()
    const { root } = follower.project()
    const file = join(folder, 'syncs/stripe.yaml')
    writeFiles(folder, {
      'syncs/stripe.yaml': moreCharges,
      // It is asked for the commit behind the last look at the files, and before these are read.
      'bin/git': `#!/bin/sh\nprintf 'source: stripe\\nstreams: { charges: {} }\\n' > '${file}'\nexit 1\n`,
    })
    chmodSync(join(folder, 'bin/git'), 0o755)
    vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH']}`)
    expect(await follower.look()).toBe('same')
    expect(follower.project().root).toBe(root)
    vi.unstubAllEnvs()
    writeFiles(folder, { 'syncs/stripe.yaml': moreCharges })
    expect(await follower.look()).toBe('changed')
    expect(streams(follower)).toEqual(['customers', 'charges'])
    expect(problems).toEqual([])
  })

  it('is not begun with while it is being written, either', async () => {
    const file = join(folder, 'syncs/stripe.yaml')
    writeFiles(folder, {
      'syncs/whole': moreCharges,
      // At the first question for the commit half of it comes, at the next one the rest.
      'bin/git': `#!/bin/sh
case "$*" in *--short*) ;; *) exit 1;; esac
if [ -e '${folder}/half' ]; then cat '${folder}/syncs/whole' > '${file}'
else printf 'source: stripe\\nstreams: { customers: {} }\\n' > '${file}'; touch '${folder}/half'; fi
exit 1
`,
    })
    chmodSync(join(folder, 'bin/git'), 0o755)
    vi.stubEnv('PATH', `${join(folder, 'bin')}:${process.env['PATH']}`)
    expect(streams(await follow())).toEqual(['customers', 'charges'])
  })

  it.each(['connectors', 'syncs'])('with a file in place of %s/ is refused as that', async (name) => {
    rmSync(join(folder, name), { recursive: true, force: true })
    writeFiles(folder, { [name]: '' })
    const [first] = await caughtFrom(() => follow())
    expect(first).toMatchObject({
      code: 'MR-1101',
      message: `${name} is a file, and has the name of a folder of the project`,
    })
  })

  it('keeps the last good one where a change is wrong, says so once with the place, and a run that begins then works', async () => {
    const follower = await follow()
    writeFiles(folder, { 'syncs/stripe.yaml': wrongSync })
    expect([await follower.look(), await follower.look()]).toEqual(['same', 'same'])
    expect(problems).toEqual([
      expect.stringMatching(
        /^The project was changed and has 1 finding\. The last good one stays\. MR-1204 syncs\/stripe\.yaml:1: .*\. Next: millrace sync validate$/,
      ),
    ])
    expect((await loadProject(follower.project().root, { home: folder })).syncs).toHaveLength(1)
    writeFiles(folder, { 'syncs/stripe.yaml': moreCharges })
    expect(await follower.look()).toBe('changed')
    writeFiles(folder, { 'millrace.yaml': null })
    expect(await follower.look()).toBe('same')
    expect(problems[1]).toMatch(/MR-1003 there is no millrace\.yaml in /)
    expect(streams(follower)).toEqual(['customers', 'charges'])
  })

  it('says that the project is right again where it is mended to exactly what it was', async () => {
    const follower = await follow()
    const { root } = follower.project()
    writeFiles(folder, { 'syncs/stripe.yaml': wrongSync })
    await follower.look()
    writeFiles(folder, { 'syncs/stripe.yaml': soundFiles['syncs/stripe.yaml'] })
    expect([await follower.look(), await follower.look()]).toEqual(['same', 'same'])
    expect(problems.slice(1)).toEqual([expect.stringMatching(/^The project is right again/)])
    expect(follower.project().root).toBe(root)
  })

  it('has a model’s files for one warehouse, too', async () => {
    const follower = await follow()
    writeFiles(folder, { 'models/new.sql': 'select 1 as id\n', 'models/new.snowflake.sql': 'select 2 as id\n' })
    expect(await follower.look()).toBe('changed')
    expect(fileOf(follower, 'models/new.snowflake.sql')).toBe('select 2 as id\n')
    expect(follower.project().models.find(({ name }) => name === 'new')?.files).toHaveLength(2)
    writeFiles(folder, { 'models/new.snowflake.sql': 'select 3 as id\n' })
    expect(await follower.look()).toBe('changed')
  })

  it('comes back to what it was without a word, and as the same release', async () => {
    const follower = await follow()
    const { root } = follower.project()
    writeFiles(folder, { 'syncs/stripe.yaml': moreCharges })
    await follower.look()
    writeFiles(folder, { 'syncs/stripe.yaml': soundFiles['syncs/stripe.yaml'] })
    expect(await follower.look()).toBe('changed')
    expect(follower.project().root).toBe(root)
    expect(releases()).toHaveLength(2)
    expect((await follow()).project().root).toBe(root)
  })

  it('that is wrong at the beginning is refused with its findings', async () => {
    writeFiles(folder, {
      'syncs/stripe.yaml': wrongSync,
      'schedules.yaml': 'schedules: { a: { select: [b], every: 1h } }\n',
    })
    expect((await caughtFrom(follow)).map(({ code, place }) => `${code} ${place?.file}`)).toEqual([
      'MR-1204 schedules.yaml',
      'MR-1204 syncs/stripe.yaml',
    ])
  })

  it('has secrets in files count from the folder', async () => {
    const dev = '  dev: { warehouse: { type: duckdb, path: .millrace/dev.duckdb } }\nconnections:'
    const yaml = soundFiles['millrace.yaml']
      .replace('connections:', dev)
      .replace('${env:STRIPE_API_KEY}', '${file:key.txt}')
    writeFiles(folder, { 'millrace.yaml': yaml, 'key.txt': 'rk_1234567' })
    const project = (await follow()).project()
    const check = () => checkSecrets({ project, target: project.targets['dev'] as Target, env: {} }, project.syncs) // it is there
    await check()
    rmSync(join(folder, 'key.txt'))
    expect(await caughtFrom(check)).toMatchObject([{ code: 'MR-1301', place: { file: 'millrace.yaml' } }])
  })

  it('has a release that was damaged made again', async () => {
    const { root } = (await follow()).project()
    rmSync(join(root, 'syncs/stripe.yaml'))
    writeFileSync(join(root, 'syncs/stripe.yaml'), '')
    const follower = await follow()
    expect(follower.project().root).toBe(root)
    expect(fileOf(follower, 'syncs/stripe.yaml')).toBe(soundFiles['syncs/stripe.yaml'])
    expect(releases()).toHaveLength(1)
  })

  it.each<[string, (root: string) => void]>([
    ['was taken away', (root) => rmSync(root, { recursive: true })],
    ['lost a file', (root) => rmSync(join(root, 'syncs/stripe.yaml'))],
    ['has an emptied file', (root) => emptyFile(join(root, 'syncs/stripe.yaml'))],
    ['lost its note', (root) => rmSync(join(root, '.release.json'))],
    ['has an emptied note', (root) => emptyFile(join(root, '.release.json'))],
  ])('has a release that %s under the daemon made again, and the daemon says so', async (_, harm) => {
    const follower = await follow()
    const { root } = follower.project()
    harm(root)
    expect(await follower.look()).toBe('same')
    expect(problems).toEqual([expect.stringContaining(`${root}, were changed or are gone`)])
    expect(fileOf(follower, 'syncs/stripe.yaml')).toBe(soundFiles['syncs/stripe.yaml'])
    expect(readReleaseNote(root)).toMatchObject({ from: 'folder' })
    await follower.look()
    expect(problems).toHaveLength(1)
  })

  it('has a release whose note is damaged made again by the next daemon, and runs of before say no commit', async () => {
    const { root } = (await follow()).project()
    emptyFile(join(root, '.release.json'))
    expect(await projectCommit(root)).toBeNull()
    await follow()
    expect(readReleaseNote(root)).toMatchObject({ from: 'folder' })
  })

  it('takes a link within the project for its file, and refuses one that leads out', async () => {
    writeFiles(folder, { 'models/real.sql': 'select 1 as id\n' })
    symlinkSync('real.sql', join(folder, 'models/linked.sql'))
    const follower = await follow()
    rmSync(join(folder, 'models/real.sql'))
    expect(fileOf(follower, 'models/linked.sql')).toBe('select 1 as id\n')
    rmSync(join(folder, 'models/linked.sql'))
    symlinkSync('/etc/hostname', join(folder, 'models/outside.sql'))
    expect(await follower.look()).toBe('same')
    expect(problems[0]).toMatch(/MR-1206 models\/outside\.sql is a link to a file outside the project/)
  })

  it('keeps the newest five releases and those of a week, and nothing that was left half written', async () => {
    const follower = await follow()
    const all = [follower.project().root]
    for (let n = 1; n <= 7; n++) {
      writeFiles(folder, { 'syncs/stripe.yaml': `# ${n}\n${moreCharges}` })
      await follower.look()
      all.push(follower.project().root)
    }
    expect(releases()).toHaveLength(8)
    const days = (n: number) => new Date(Date.now() - n * 86_400_000)
    for (const [n, root] of all.entries()) utimesSync(join(root, '.release.json'), days(20 - n), days(20 - n))
    mkdirSync(join(folder, '.millrace/releases/.building-old'))
    utimesSync(join(folder, '.millrace/releases/.building-old'), days(1), days(1))
    writeFiles(folder, { 'syncs/stripe.yaml': `# again\n${moreCharges}` })
    await follower.look()
    expect(all.map((root) => existsSync(root))).toEqual([false, false, false, false, true, true, true, true])
    // The one that was replaced just now counts as used until now: runs that are on may read it.
    expect(releases()).toHaveLength(5)
  })
})

describe.skipIf(!hasGit)(`the commit of a folder${needsGit}`, () => {
  it('is the one that it is of, with a mark where the project’s files differ from it', async () => {
    initRepository(folder)
    const first = commit(folder, soundFiles)
    const follower = await follow()
    expect(await commitOf(follower)).toBe(first)
    writeFiles(folder, { 'notes.txt': 'not of the project', 'syncs/stripe.yaml': moreCharges })
    await follower.look()
    expect(await commitOf(follower)).toBe(`${first}+changes`)
    const second = commit(folder, {})
    expect(await follower.look()).toBe('changed')
    expect(await commitOf(follower)).toBe(second)
    writeFiles(folder, { 'notes.txt': 'changed' })
    expect(await follower.look()).toBe('same')
    writeFiles(folder, { 'models/new.sql': 'select 1 as id\n' })
    await follower.look()
    expect(await commitOf(follower)).toBe(`${second}+changes`)
  })

  it('is that of a run outside the daemon too, and null where there is no repository', async () => {
    writeFiles(folder, soundFiles)
    expect(await projectCommit(folder)).toBeNull()
    const other = emptyFolder()
    initRepository(other)
    const first = commit(other, soundFiles)
    writeFiles(other, { 'syncs/stripe.yaml': moreCharges })
    expect(await projectCommit(other)).toBe(`${first}+changes`)
    rmSync(other, { recursive: true })
  })
})

describe.skipIf(!hasGit)(`a git ref that is followed${needsGit}`, () => {
  beforeEach(() => initRepository(folder))

  it('is what runs, whatever the folder holds, and no work tree is touched', async () => {
    const first = commit(folder, soundFiles)
    writeFiles(folder, { 'syncs/stripe.yaml': wrongSync, 'millrace.yaml': null })
    const before = git(folder, 'status', '--porcelain')
    const follower = await follow({ gitRef: 'main' })
    expect(follower.project().home).toBe(folder)
    expect(fileOf(follower, 'syncs/stripe.yaml')).toBe(soundFiles['syncs/stripe.yaml'])
    expect(await commitOf(follower)).toBe(first)
    expect(git(folder, 'status', '--porcelain')).toBe(before)
  })

  it('is taken over when it moves on; wrong at the ref, the last good one stays, said once with place and commit', async () => {
    const first = commit(folder, soundFiles)
    const follower = await follow({ gitRef: 'main' })
    expect(await follower.look()).toBe('same')
    const wrong = commit(folder, { 'syncs/stripe.yaml': wrongSync })
    expect([await follower.look(), await follower.look()]).toEqual(['same', 'same'])
    expect(problems).toEqual([
      expect.stringMatching(
        `^The project at main \\(${wrong}\\) has 1 finding\\. The last good one \\(${first}\\) stays\\. MR-1204 syncs/stripe\\.yaml:1: `,
      ),
    ])
    expect(await commitOf(follower)).toBe(first)
    const right = commit(folder, { 'syncs/stripe.yaml': moreCharges })
    expect(await follower.look()).toBe('changed')
    expect([streams(follower), await commitOf(follower)]).toEqual([['customers', 'charges'], right])
  })

  it('may have the project in a subfolder, with links in it', async () => {
    writeFiles(folder, Object.fromEntries(Object.entries(soundFiles).map(([path, text]) => [`etl/${path}`, text])))
    writeFiles(folder, {
      'etl/elsewhere/m.sql': 'select 2 as id\n',
      'syncs/not_ours.yaml': wrongSync,
      'etl/models/x.sql': 'select 1 as id\n',
    })
    symlinkSync('../elsewhere/m.sql', join(folder, 'etl/models/linked.sql'))
    const first = commit(folder, {})
    const follower = await follow({ directory: join(folder, 'etl'), gitRef: 'main' })
    expect(follower.project().home).toBe(join(folder, 'etl'))
    expect(readdirSync(follower.project().root).toSorted()).toEqual([
      '.release.json',
      'millrace.yaml',
      'models',
      'schedules.yaml',
      'syncs',
    ])
    expect(fileOf(follower, 'models/linked.sql')).toBe('select 2 as id\n')
    expect(await commitOf(follower)).toBe(first)
    symlinkSync('../../syncs/not_ours.yaml', join(folder, 'etl/syncs/out.yaml'))
    commit(folder, {})
    expect(await follower.look()).toBe('same')
    expect(problems[0]).toMatch(/MR-1206 syncs\/out\.yaml is a link to \.\.\/\.\.\/syncs\/not_ours\.yaml/)
  })

  it('of a remote is fetched, and a remote that does not answer is said once', async () => {
    const origin = emptyFolder()
    git(origin, 'init', '--quiet', '--bare', '--initial-branch=main')
    const author = emptyFolder()
    initRepository(author)
    git(author, 'remote', 'add', 'origin', origin)
    commit(author, soundFiles)
    git(author, 'push', '--quiet', 'origin', 'main')
    rmSync(folder, { recursive: true })
    git(author, 'clone', '--quiet', origin, folder)
    const follower = await follow({ gitRef: 'origin/main', fetchEveryMs: 20 })
    const second = commit(author, { 'syncs/stripe.yaml': moreCharges })
    git(author, 'push', '--quiet', 'origin', 'main')
    await lookUntil(follower, async () => (await commitOf(follower)) === second)
    expect(streams(follower)).toEqual(['customers', 'charges'])
    expect(fileOf({ ...follower, project: () => ({ ...follower.project(), root: folder }) }, 'syncs/stripe.yaml')).toBe(
      soundFiles['syncs/stripe.yaml'],
    )
    expect(problems).toEqual([])
    rmSync(origin, { recursive: true })
    await lookUntil(follower, async () => problems.length > 0)
    for (let n = 0; n < 5; n++) await lookAfterMs(follower, 30)
    expect(problems).toEqual([
      expect.stringMatching(/^git fetch for origin\/main: .+\. What was fetched before stays\.$/),
    ])
    expect(await commitOf(follower)).toBe(second)
    rmSync(author, { recursive: true })
  })

  it('that is gone leaves the last good one, and is taken up again when it is back', async () => {
    const first = commit(folder, soundFiles)
    git(folder, 'branch', 'live')
    const follower = await follow({ gitRef: 'live' })
    git(folder, 'branch', '-D', 'live')
    expect([await follower.look(), await follower.look()]).toEqual(['same', 'same'])
    expect(problems).toEqual([
      expect.stringMatching(`^there is no git ref live in .* The last good one \\(${first}\\) stays\\.$`),
    ])
    commit(folder, { 'syncs/stripe.yaml': moreCharges })
    git(folder, 'branch', 'live')
    expect(await follower.look()).toBe('changed')
  })

  it.each([
    ['mian', 'MR-1204', /no git ref mian .*; did you mean main\?/],
    ['--upload-pack=x', 'MR-1001', /not the name of a ref/],
    ['a b', 'MR-1001', /not the name of a ref/],
    ['HEAD:syncs', 'MR-1001', /not the name of a ref/],
    ['', 'MR-1001', /not the name of a ref/],
  ])('%j is refused: %s', async (gitRef, code, message) => {
    commit(folder, soundFiles)
    const [error] = await caughtFrom(() => follow({ gitRef }))
    expect(error).toMatchObject({ code, exitCode: 2, message: expect.stringMatching(message) })
  })

  it('needs a repository, a project at the ref, and git', async () => {
    const bare = emptyFolder()
    writeFiles(bare, soundFiles)
    expect(await caughtFrom(() => follow({ directory: bare, gitRef: 'main' }))).toMatchObject([
      { code: 'MR-1001', message: expect.stringMatching(/is not in a git repository/) },
    ])
    commit(folder, { 'readme.txt': 'no project' })
    expect(await caughtFrom(() => follow({ gitRef: 'main' }))).toMatchObject([
      { code: 'MR-1003', message: expect.stringMatching(/no millrace\.yaml in main \([0-9a-f]{7,}\)/) },
    ])
    const path = process.env['PATH']
    process.env['PATH'] = bare
    try {
      expect(await caughtFrom(() => follow({ gitRef: 'main' }))).toMatchObject([{ code: 'MR-1302', exitCode: 2 }])
      expect((await follow({ directory: bare })).project().name).toBe('acme')
    } finally {
      process.env['PATH'] = path
      rmSync(bare, { recursive: true })
    }
  })
})

const lookAfterMs = async (follower: ProjectFollower, ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms))
  return follower.look()
}

async function lookUntil(follower: ProjectFollower, holds: () => Promise<boolean>) {
  for (let n = 0; n < 300 && !(await holds()); n++) await lookAfterMs(follower, 30)
  expect(await holds()).toBe(true)
}
