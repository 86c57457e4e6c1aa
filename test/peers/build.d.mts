/** The path of the real memberlist peer, or why there is none, as a reason to skip. */
export function buildPeer():
  | { readonly program: string; readonly skip?: never }
  | { readonly program?: never; readonly skip: string }
