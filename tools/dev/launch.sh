#!/usr/bin/env bash
# launch.sh RECORD COMMAND...: writes this process's id, start time and the hour to RECORD, then
# becomes COMMAND.
set -euo pipefail
record=$1
shift
read -r stat <"/proc/$$/stat"
read -r -a fields <<<"${stat##*) }"
printf '%s %s %s\n' "$$" "${fields[19]}" "$(date +%s)" >"$record.new"
mv "$record.new" "$record"
exec "$@"
