import { join } from 'node:path'
import { ArpcheckError, messageOf } from './errors.ts'

/** The addon lies beside the bundle that loads it. */
const ADDON_PATH = join(__dirname, 'arpcheck.node')

let loaded: unknown

/**
 * The native addon, loaded at first use: what neither captures nor looks at this host runs without it. Each edge knows
 * its own part of the exports. Throws an ArpcheckError `engine-unavailable`.
 */
export function loadAddon(): unknown {
  try {
    loaded ??= openLibrary(ADDON_PATH)
    return loaded
  } catch (cause) {
    throw new ArpcheckError(
      'engine-unavailable',
      `Cannot load the native addon ${ADDON_PATH}: ${messageOf(cause)}`,
      {
        remedy: [
          'libpcap must be installed:  apt-get install libpcap0.8',
          'Build it for this machine:  npm run build',
          'Or use the other engine:    --engine cap',
        ],
        cause,
      },
    )
  }
}

/** `process.dlopen` rather than `require`, which a bundler would try to resolve. */
function openLibrary(path: string): unknown {
  const holder = { exports: {} as unknown }
  process.dlopen(holder, path)
  return holder.exports
}
