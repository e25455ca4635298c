#!/usr/bin/env bash
# What the image runs: understands the words and variables of Flink's own image, so that a Flink compose file or pod works with this one.
#   jobmanager | taskmanager [-Dkey=value ...]              a process of a cluster
#   standalone-job [options] [FILE]                         a JobManager that runs one job and ends with it; see standalone-job.sh
#   anything else                                           is run as it is: flink list, sql-client.sh, bash
# flinkrs itself reads the variables of Flink's image, so that they count for docker exec too: FLINK_PROPERTIES (in which ${NAME} stands for a variable of the
# environment), JOB_MANAGER_RPC_ADDRESS, TASK_MANAGER_NUMBER_OF_TASK_SLOTS.
# It writes no file: the root file system may be read-only, and conf/ a mounted ConfigMap.
set -euo pipefail

usage() {
  echo "Usage: $(basename "$0") (jobmanager|taskmanager|standalone-job|help) [-Dkey=value ...], or a command: flink list, sql-client.sh, bash"
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

# As in Flink's image: a JobManager that nobody has named is known by the name of its container.
configure() {
  if [ -z "${JOB_MANAGER_RPC_ADDRESS:-}" ] && ! knows_jobmanager; then
    JOB_MANAGER_RPC_ADDRESS=$(hostname)
    export JOB_MANAGER_RPC_ADDRESS
  fi
  if [ -n "${ENABLE_BUILT_IN_PLUGINS:-}" ]; then
    echo "ENABLE_BUILT_IN_PLUGINS has no effect: S3 is built in, and flinkrs loads no plugins" >&2
  fi
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
