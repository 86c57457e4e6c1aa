// The library's face: `check(options, liveEdges(), signal)`, what it returns, and the pure parts that others may want.
export { check, type CheckEdges, type CheckOptions } from './check.ts'
export { systemClock, type Clock } from './clock.ts'
export {
  decodeArp,
  encodeArp,
  isGratuitous,
  type ArpFrame,
  type CapturedFrame,
  type DecodeDrop,
} from './core/arp.ts'
export { exitCode, type ExitCode, type ExitRules } from './core/exit.ts'
export { FINDINGS, type Finding, type FindingCode, type Severity } from './core/findings.ts'
export type { ArpListener, Gateway, HostFacts, InterfaceAddress, Link, Neighbour } from './core/host.ts'
export { parseIp, parsePrefix, type Ip, type Prefix } from './core/ip.ts'
export { parseMac, type Mac } from './core/mac.ts'
export type {
  AnswerReport,
  CanaryReport,
  ErrorReport,
  FrameCounts,
  Report,
  Summary,
  VantageReport,
  VipReport,
} from './core/report.ts'
export { readTargets, type Target, type TargetProblem } from './core/targets.ts'
export { vendorText, withVendors, type VendorOf } from './core/vendor.ts'
export { isFault, UNKNOWN_REASONS, VERDICTS, type UnknownReason, type VerdictName } from './core/verdict.ts'
export { ArpcheckError, type ErrorCode } from './errors.ts'
export { liveEdges } from './live.ts'
export { vendorOf } from './vendors.ts'
