import { warehouseConformance } from './conformance.ts'
import { open } from './snowflake-adapter.ts'

warehouseConformance('Snowflake', { open, adapterUrl: new URL('./snowflake-adapter.ts', import.meta.url).href })
