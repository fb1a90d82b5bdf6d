/** A process of its own with a simulated Snowflake in a directory: `node bench/snowflake-account.ts DIRECTORY` prints how to sign in. */
import { startSnowflake } from '../src/sandbox/snowflake/start.ts'

const [directory = ''] = process.argv.slice(2)
const { connection } = await startSnowflake({ directory })
console.log(JSON.stringify(connection))
