type Keys = { readonly [key: string]: string | number | readonly string[] }

/** millrace.yaml of a project in the sandbox, on DuckDB: the name of a connection → its keys, the connector among them. */
export const sandboxYaml = (project: string, connections: { readonly [name: string]: Keys }): string => `
project: ${project}
default_target: sandbox
targets:
  sandbox:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
connections: ${JSON.stringify(connections)}
`

export const salesforceKeys = {
  connector: 'salesforce',
  login_url: 'https://acme.my.salesforce.com',
  client_id: '${env:SF_CLIENT_ID}',
  client_secret: '${env:SF_CLIENT_SECRET}',
} as const

export const facebookKeys = {
  connector: 'facebook_ads',
  access_token: '${env:FACEBOOK_ACCESS_TOKEN}',
  app_secret: '${env:FACEBOOK_APP_SECRET}',
  account_ids: ['1234567890'],
} as const

/** millrace.yaml of the project of fault-project.ts with both warehouses in the sandbox, as targets of their names. */
export const bothWarehousesYaml = `
project: faults
default_target: duckdb
targets:
  duckdb:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
  snowflake:
    sandbox: true
    warehouse: { type: snowflake }
connections:
  stripe: { connector: stripe, api_key: '\${env:STRIPE_API_KEY}' }
  customerio: { connector: customerio, site_id: '\${env:CIO_SITE_ID}', api_key: '\${env:CIO_API_KEY}', region: eu }
`
