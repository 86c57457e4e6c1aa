const MIB = 1024 * 1024

/** All that is read from one connection. */
export const MAX_READ_BYTES = 21 * MIB
/** The longest sealed frame. Peers accept 20 MiB; the largest cluster, with the longest names, takes less than 6. */
export const MAX_SEALED_BYTES = 8 * MIB
/** What one answer may expand to; memberlist's own bound since 0.6.0. */
export const MAX_EXPANDED_BYTES = 40 * MIB
/** Frame, plain text and expansion of one answer together. */
export const MAX_ANSWER_BYTES = 44 * MIB
/** What the wrappers of one packet may expand to, all together. */
export const MAX_PACKET_BYTES = 1 * MIB
export const MAX_PACKET_MESSAGES = 1024
/** Compound in compressed in compound, and so on. */
export const MAX_PACKET_DEPTH = 4
/** Three times the nodes of the largest Kubernetes cluster that is supported. */
export const MAX_MEMBERS = 16_384
/** A node's name has at most 253 characters (RFC 1123). */
export const MAX_NAME_BYTES = 512
export const MAX_ERROR_BYTES = 4096
export const MAX_LABEL_BYTES = 255
