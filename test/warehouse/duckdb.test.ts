import { warehouseConformance } from './conformance.ts'
import { open } from './duckdb-adapter.ts'

warehouseConformance('DuckDB', { open, adapterUrl: new URL('./duckdb-adapter.ts', import.meta.url).href })
