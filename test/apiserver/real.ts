/** The server that .ci/apiserver.mjs has built; undefined in a plain `npm test`. */
export const binary = process.env['ARPCHECK_APISERVER']

/** Why these tests skip, or false where they run. */
export const NOT_HERE =
  binary === undefined && 'not here: npm run test:apiserver builds a real kube-apiserver and asks it'
