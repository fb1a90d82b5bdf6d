/** millrace.yaml with one target, on DuckDB. `connections`: YAML, in one line; `deliver`: it may. */
export const devYaml = (connections: string, { deliver = false } = {}): string => `
project: toys
default_target: dev
targets: { dev: { deliver: ${deliver}, warehouse: { type: duckdb, path: dev.duckdb } } }
connections: { ${connections} }
`
