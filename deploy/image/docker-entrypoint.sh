#!/usr/bin/env bash
# What the image runs: understands the words and variables of Flink's own image, so that a Flink compose file or pod works with this one.
#   jobmanager | taskmanager [-Dkey=value ...]              a process of a cluster
#   standalone-job [options] [FILE]                         a JobManager that runs one job and ends with it; see standalone-job.sh
#   anything else                                           is run as it is: flink list, sql-client.sh, bash
# Variables: FLINK_PROPERTIES (in which ${NAME} stands for a variable of the environment), JOB_MANAGER_RPC_ADDRESS, TASK_MANAGER_NUMBER_OF_TASK_SLOTS.
# It writes no file: the root file system may be read-only, and conf/ a mounted ConfigMap.
set -euo pipefail

usage() {
  echo "Usage: $(basename "$0") (jobmanager|taskmanager|standalone-job|help) [-Dkey=value ...], or a command: flink list, sql-client.sh, bash"
}

# Puts the environment's values where ${NAME} stands in the properties. A name that is not set stays as it is, and is found where it is read.
properties_with_environment() {
  local rest=$1 result="" name
  while [[ $rest =~ \$\{([A-Za-z_][A-Za-z0-9_]*)\} ]]; do
    name=${BASH_REMATCH[1]}
    result+=${rest%%"${BASH_REMATCH[0]}"*}
    rest=${rest#*"${BASH_REMATCH[0]}"}
    if [ -n "${!name+set}" ]; then result+=${!name}; else result+="\${$name}"; fi
  done
  printf '%s' "$result$rest"
}

# Whether somebody says where the JobManager is: FLINK_PROPERTIES or the configuration file, flat or nested.
knows_jobmanager() {
  local line='^[[:space:]]*(jobmanager|jobmanager\.rpc|jobmanager\.rpc\.address)[[:space:]]*:'
  grep -qE "$line" <<<"${FLINK_PROPERTIES:-}" && return
  local file
  for file in config.yaml flink-conf.yaml; do
    [ -f "$FLINK_CONF_DIR/$file" ] && { grep -qE "$line" "$FLINK_CONF_DIR/$file"; return; }
  done
  return 1
}

configure() {
  local first=
  # As in Flink's image: a JobManager that nobody has named is known by the name of its container.
  if [ -n "${JOB_MANAGER_RPC_ADDRESS:-}" ]; then
    first="jobmanager.rpc.address: $JOB_MANAGER_RPC_ADDRESS"
  elif ! knows_jobmanager; then
    first="jobmanager.rpc.address: $(hostname)"
  fi
  if [ -n "${TASK_MANAGER_NUMBER_OF_TASK_SLOTS:-}" ]; then
    first+=$'\n'"taskmanager.numberOfTaskSlots: $TASK_MANAGER_NUMBER_OF_TASK_SLOTS"
  fi
  FLINK_PROPERTIES=$(properties_with_environment "${FLINK_PROPERTIES:-}")
  # The one who writes FLINK_PROPERTIES wins over the variables.
  local key
  for key in jobmanager.rpc.address taskmanager.numberOfTaskSlots; do
    if grep -qE "^[[:space:]]*${key//./\\.}[[:space:]]*:" <<<"$FLINK_PROPERTIES"; then first=$(grep -v "^$key:" <<<"$first" || true); fi
  done
  export FLINK_PROPERTIES=$first$'\n'$FLINK_PROPERTIES
}

case "${1:-help}" in
  help | --help | -h)
    usage
    ;;
  jobmanager | taskmanager)
    configure
    exec flinkrs "$@"
    ;;
  standalone-job)
    configure
    exec standalone-job.sh "${@:2}"
    ;;
  *)
    configure
    exec "$@"
    ;;
esac
