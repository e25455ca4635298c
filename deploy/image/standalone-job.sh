#!/usr/bin/env bash
# Application mode: a JobManager that runs one job and ends with it. TaskManagers are started beside it.
#   standalone-job [-s|--fromSavepoint PATH] [-n|--allowNonRestoredState] [-p N] [-Dkey=value ...] [FILE]
# FILE is a SQL script or a job.yaml; without it the only job.yaml in $FLINK_HOME/usrlib, else the only script. Exit code: 0 when the job has finished or was cancelled, 1 when it failed.
# With high-availability.type: raft a JobManager that comes back finds its job, which is then not submitted again.
set -euo pipefail
fail() { echo "standalone-job: $1" >&2; exit 1; }

submit=() settings=() file=
while [ $# -gt 0 ]; do
  case $1 in
    -s | --fromSavepoint | -p | --parallelism) [ $# -gt 1 ] || fail "$1 wants a value"; submit+=("$1" "$2"); shift 2 ;;
    -n | --allowNonRestoredState) submit+=("$1"); shift ;;
    -D) [ $# -gt 1 ] || fail "-D wants key=value"; settings+=("-D$2"); shift 2 ;;
    -D*) settings+=("$1"); shift ;;
    --job-classname | -j | --jars | -jid | --job-id) fail "$1 is not supported: jobs are SQL scripts or job.yaml files; name one, or put it into $FLINK_HOME/usrlib" ;;
    -*) fail "unknown option $1" ;;
    *) [ -z "$file" ] || fail "more than one file: '$file' and '$1'"; file=$1; shift ;;
  esac
done
if [ -z "$file" ]; then
  shopt -s nullglob
  found=("$FLINK_HOME"/usrlib/*.yaml)
  [ ${#found[@]} -gt 0 ] || found=("$FLINK_HOME"/usrlib/*.sql)
  [ ${#found[@]} = 1 ] || fail "$FLINK_HOME/usrlib has ${#found[@]} .yaml or .sql files; name the job"
  file=${found[0]}
fi
[ -r "$file" ] || fail "cannot read '$file'"

flinkrs jobmanager "${settings[@]}" &
jobmanager=$!
stop() { kill -TERM "$jobmanager" 2>/dev/null || true; wait "$jobmanager" || true; exit 143; }
trap stop TERM INT
states() { flinkrs list -a "${settings[@]}" 2>/dev/null | grep -oE '\((CREATED|RUNNING|RESTARTING|FAILING|CANCELLING|FINISHED|FAILED|CANCELED|SUSPENDED|RECONCILING|INITIALIZING)\)$' || true; }
pause() { sleep "$1" & wait $! || true; } # a signal ends a wait, not a sleep

until said=$(flinkrs list "${settings[@]}" 2>&1 >/dev/null); do
  kill -0 "$jobmanager" 2>/dev/null || { wait "$jobmanager"; exit; }
  # Another answer than none yet stays: it wants to know who asks (security.rest.client.*), say, or shows a certificate that is not known.
  grep -q "no JobManager" <<<"$said" || { echo "$said" >&2; kill -TERM "$jobmanager"; wait "$jobmanager" || true; exit 1; }
  pause 0.2
done
if [ -z "$(states)" ]; then
  flinkrs run -d "${submit[@]}" "${settings[@]}" "$file" || { kill -TERM "$jobmanager"; wait "$jobmanager" || true; exit 1; }
fi
while kill -0 "$jobmanager" 2>/dev/null; do
  now=$(states)
  if [ -z "$now" ] || grep -qvE 'FINISHED|FAILED|CANCELED' <<<"$now"; then pause 1; continue; fi
  code=0; if grep -q FAILED <<<"$now"; then code=1; fi
  kill -TERM "$jobmanager"; wait "$jobmanager" || true
  exit "$code"
done
wait "$jobmanager"
