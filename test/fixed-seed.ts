/** In CI the properties' cases are the same each time, so that a red run is the change's own. Everywhere else they are new. */
import fc from 'fast-check'

if (process.env['CI']) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20261121 })
