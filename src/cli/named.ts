import type { Report } from '../core/report.ts'
import { hasStrangers, withVendors } from '../core/vendor.ts'

/** The report with vendors in it; their list is only loaded where a MAC is to be named. */
export async function named(report: Report): Promise<Report> {
  if (!hasStrangers(report)) return report
  const { vendorOf } = await import('../vendors.ts')
  return withVendors(report, vendorOf)
}
