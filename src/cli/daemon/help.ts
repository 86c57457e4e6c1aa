import { flagGroups, indented } from '../help.ts'
import { fold } from '../screens/layout.ts'
import { DAEMON_FLAGS, DAEMON_GROUPS } from './flags.ts'

const INTRO = `arpcheck daemon - watch every VIP of the cluster, and tell Prometheus

  arpcheck daemon                       on a node, as a DaemonSet runs it
  arpcheck daemon -i eno1               on a host of the segment that is no node
  arpcheck daemon --check-config        is the configuration right?
  arpcheck config                       every setting, and what it comes from
`

const WHERE =
  'Flags, else the environment (ARPCHECK_INTERVAL=60s for --interval), else the file (interval: 60s), else the default. ' +
  'SIGHUP, or POST /-/reload, reads all of it again.'

/** `arpcheck daemon --help`. */
export function daemonHelp(): string {
  const groups = flagGroups(DAEMON_FLAGS, DAEMON_GROUPS).map((text) => `${text}\n`)
  return [INTRO, ...groups, `Where settings come from\n${indented(fold(WHERE, 76).join('\n'))}`, ''].join(
    '\n',
  )
}
