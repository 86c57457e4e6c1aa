// What the container runtime of a node makes of the chart's Pod, as an OCI runtime specification.
import { readFileSync } from 'node:fs'

/** Of Debian's golang-github-containers-common, which comes with buildah: the profile that RuntimeDefault means. */
const PROFILE = '/usr/share/containers/seccomp.json'
const MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
]

/**
 * uid 65534, its bounding, effective and permitted set the capabilities that were added, none inheritable or ambient,
 * no_new_privs (allowPrivilegeEscalation: false), a root that cannot be written, the network of where runc is started.
 */
export function podSpec({ rootfs, args, capabilities }) {
  const entry = ['/usr/bin/node', '--max-old-space-size=96', '/usr/lib/arpcheck/arpcheck.js']
  return {
    ociVersion: '1.0.2',
    root: { path: rootfs, readonly: true },
    process: {
      user: { uid: 65534, gid: 65534 },
      args: [...entry, ...args],
      env: ['PATH=/usr/bin', 'HOME=/nonexistent'],
      cwd: '/',
      noNewPrivileges: true,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: MOUNTS,
    linux: {
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      seccomp: seccomp(capabilities),
    },
  }
}

/** The profile has rules for some architectures and capabilities alone; the specification has not. */
function seccomp(capabilities) {
  const { defaultAction, defaultErrnoRet, syscalls } = JSON.parse(readFileSync(PROFILE, 'utf8'))
  const holds = ({ caps = [], arches = [] } = {}) =>
    caps.every((cap) => capabilities.includes(cap)) && (arches.length === 0 || arches.includes('amd64'))
  const excluded = ({ caps = [], arches = [] } = {}) =>
    caps.some((cap) => capabilities.includes(cap)) || arches.includes('amd64')
  return {
    defaultAction,
    defaultErrnoRet,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: syscalls
      .filter(({ includes, excludes }) => holds(includes) && !excluded(excludes))
      .map(({ names, action, args, errnoRet }) => ({
        names,
        action,
        ...(args?.length > 0 && { args }),
        ...(errnoRet !== undefined && { errnoRet }),
      })),
  }
}
