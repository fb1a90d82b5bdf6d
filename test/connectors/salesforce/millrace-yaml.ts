/** A project whose connections go to the simulated Salesforce: name → further keys of the connection. */
export const millraceYaml = (
  project: string,
  connections: { readonly [name: string]: { readonly [key: string]: string | number } },
): string => `
project: ${project}
default_target: sandbox
targets:
  sandbox:
    sandbox: true
    warehouse: { type: duckdb, path: .millrace/sandbox.duckdb }
connections:
${Object.entries(connections)
  .map(
    ([name, keys]) => `  ${name}:
    connector: salesforce
    login_url: https://acme.my.salesforce.com
    client_id: '\${env:SF_CLIENT_ID}'
    client_secret: '\${env:SF_CLIENT_SECRET}'
${Object.entries(keys)
  .map(([key, value]) => `    ${key}: ${value}\n`)
  .join('')}`,
  )
  .join('')}`
