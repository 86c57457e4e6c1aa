// What the container runtime of a node makes of the chart's Pod, as an OCI runtime specification.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { root } from '../build.mjs'

/** Of Debian's golang-github-containers-common, which comes with buildah: the profile that RuntimeDefault means. */
const PROFILE = '/usr/share/containers/seccomp.json'
const MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=65536k'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
]

/** The chart's Pod, as `kubectl apply -f deploy/arpcheck.yaml` asks for it. */
export function chartsPod() {
  const documents = parseAllDocuments(readFileSync(join(root, 'deploy/arpcheck.yaml'), 'utf8'))
  const { spec } = documents.map((one) => one.toJS()).find(({ kind }) => kind === 'DaemonSet')
  return spec.template.spec
}

/**
 * Its uid, its root, its no_new_privs (allowPrivilegeEscalation: false), and the capabilities that were added as bounding,
 * effective and permitted set, none inheritable or ambient; the network of where runc is started (hostNetwork).
 */
export function podSpec({ rootfs, args, capabilities, config }) {
  const { securityContext: pod, containers } = chartsPod()
  const [{ command, securityContext: rights }] = containers
  const caps = capabilities ?? rights.capabilities.add.map((name) => `CAP_${name}`)
  return {
    ociVersion: '1.0.2',
    root: { path: rootfs, readonly: rights.readOnlyRootFilesystem },
    process: {
      user: { uid: pod.runAsUser, gid: pod.runAsGroup },
      args: [...command, ...args],
      env: ['PATH=/usr/bin'],
      cwd: '/',
      noNewPrivileges: !rights.allowPrivilegeEscalation,
      capabilities: { bounding: caps, effective: caps, permitted: caps },
    },
    mounts: [
      ...MOUNTS,
      { destination: '/etc/arpcheck', type: 'bind', source: config, options: ['bind', 'ro'] },
    ],
    linux: {
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      seccomp: seccomp(caps),
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
