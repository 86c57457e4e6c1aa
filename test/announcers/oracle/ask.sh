#!/bin/sh
# ask.sh COUNT ORACLE…: what each built oracle says to the scenarios, as the fixture that metallb.test.ts reads.
set -eu
cd "$(dirname "$0")/../../.."
count=$1
shift
scenarios=$(mktemp)
trap 'rm -f "$scenarios"' EXIT
node_modules/.bin/esbuild test/announcers/oracle/print.ts --bundle --platform=node --log-level=error |
	node - "$count" >"$scenarios"
for oracle; do
	"$oracle" <"$scenarios" | node -e '
const answers = require("fs").readFileSync(0, "utf8").trim().split("\n").map(JSON.parse)
const nics = (names) => (names.includes("other") ? "*" : names.join("+"))
const short = ({ config, pool, speakers = {}, interfaces = {} }) => {
  if (config) return "!refused"
  if (pool.startsWith("!")) return pool
  const winners = Object.keys(speakers).filter((node) => speakers[node] === "")
  return winners.length ? winners.map((node) => `${node}@${nics(interfaces[node])}`).join(" ") : "-"
}
console.log(`${JSON.stringify(process.argv[1])}: ${JSON.stringify(answers.map(short))},`)' "$(basename "$oracle")"
done | node -e '
const text = require("fs").readFileSync(0, "utf8").trim().replace(/,$/, "")
console.log(JSON.stringify(JSON.parse(`{${text}}`)).replaceAll("],", "],\n"))'
