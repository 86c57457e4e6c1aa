// What the kernel lets through, in pcap's filter language. Offsets are the ARP header's (RFC 826):
// 6:2 operation, 14:4 sender address, 24:4 target address. The kernel takes a VLAN tag off before the
// filter runs, so tagged frames match too; the decoder sees the tag that libpcap puts back and judges.

const WHO_HAS = 'arp[6:2] = 1'
const REPLY = 'arp[6:2] = 2'
const GRATUITOUS = 'arp[14:4] = arp[24:4]'

/** For asking: replies and announcements of others, and our own who-has as the wire's tap saw it, for its stamp. */
export const PROBER_FILTER = `arp and ((inbound and (${REPLY} or ${GRATUITOUS})) or (outbound and ${WHO_HAS}))`

/** For watching: the same, and what this host answers to others, which on an elected node is all that shows it. */
export const WATCHER_FILTER = `arp and ((inbound and (${REPLY} or ${GRATUITOUS})) or outbound)`

/** For answering: every request of others. */
export const RESPONDER_FILTER = `arp and inbound and ${WHO_HAS}`

/**
 * For an engine that leaves the first frames to libpcap's own interpreter, which cannot tell inbound from outbound and
 * would lose them (libpcap 1.10.3, blocks_to_filter_in_userland): all ARP, for the round to sort.
 */
export const UNDIRECTED_FILTER = 'arp'
