import { stringify } from 'yaml'

/** The files of a new project. They run against the sandbox with no account and no secret. */
export function initFiles(names: { readonly project: string; readonly millraceVersion: string }): {
  readonly [path: string]: string
} {
  return {
    'millrace.yaml': millraceYaml(names.project),
    'syncs/stripe.yaml': stripeSync,
    'syncs/customerio_people.yaml': peopleSync,
    'models/people.sql': peopleModel,
    'schedules.yaml': schedulesYaml,
    '.gitignore': gitignore,
    '.github/workflows/millrace.yaml': workflow,
    'package.json': packageJson(names),
  }
}

const millraceYaml = (project: string) => `# yaml-language-server: $schema=./node_modules/millrace/schema/millrace.json
project: ${quotedWhereNeeded(project)}
default_target: sandbox
targets:
  sandbox: # the simulators of the vendors: no account, no secret
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
  dev: # reads real sources, never delivers
    warehouse: { type: duckdb, path: .millrace/dev.duckdb }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`

/** A folder may be called 2025, or true. */
const quotedWhereNeeded = (name: string) => stringify(name).trim()

const stripeSync = `# yaml-language-server: $schema=../node_modules/millrace/schema/sync.json
source: stripe
tags: [billing]
start: 2022-01-01
pii: [email, phone]
streams:
  customers: {}
  subscriptions: {}
`

const peopleSync = `# yaml-language-server: $schema=../node_modules/millrace/schema/sync.json
model: people
primary_key: customer_id
destination: customerio
object: person
match: id # the destination's field that finds the record
tags: [activation]
after: [stripe]
map:
  id: customer_id
  email: email
  plan_state: subscription_state
  # An opt-out is a boolean column that is true where the person said no:
  # unsubscribed: { opt_out: email_opt_out }
on_removed: ignore
`

const peopleModel = `-- One row per customer that has an address, with the best state of its subscriptions.
with states as (
  select
    customer,
    min(case status when 'active' then 1 when 'past_due' then 2 when 'trialing' then 3 when 'canceled' then 4 else 5 end) as best
  from {{ source('stripe', 'subscriptions') }}
  where _deleted_at is null
  group by customer
)

select
  customers.id as customer_id,
  customers.email,
  case states.best
    when 1 then 'active' when 2 then 'past_due' when 3 then 'trialing' when 4 then 'canceled' else 'none'
  end as subscription_state
from {{ source('stripe', 'customers') }} as customers
left join states on states.customer = customers.id
where customers._deleted_at is null and customers.email is not null
`

const schedulesYaml = `# yaml-language-server: $schema=./node_modules/millrace/schema/schedules.json
defaults:
  timezone: UTC
schedules:
  nightly:
    select: [source:stripe]
    cron: '0 2 * * *'
  activation:
    select: ['tag:activation']
    after: { all: [nightly], within: 6h }
`

const gitignore = `node_modules/
.millrace/
*.log
`

const workflow = `name: millrace
on: [push, pull_request]
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24 }
      # Until millrace is on npm: \`npm run build && npm pack\` in its clone makes a .tgz. Put it beside package.json,
      # \`npm install ./millrace-*.tgz\` here, and commit both.
      - run: npm install
      - run: npx millrace sync validate
      - run: npx millrace sync run --all --target sandbox
`

const packageJson = ({ project, millraceVersion }: { project: string; millraceVersion: string }) =>
  `${JSON.stringify(
    {
      name: project,
      private: true,
      type: 'module',
      scripts: { start: 'millrace sync run --all --target sandbox', validate: 'millrace sync validate' },
      dependencies: { millrace: `^${millraceVersion}` },
    },
    null,
    2,
  )}\n`
