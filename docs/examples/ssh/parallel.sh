#!/usr/bin/env bash
# Static shards on a list of hosts, one shard for each, with GNU parallel over ssh:
#
#   ssh/parallel.sh hosts.txt /mnt/share/old /mnt/share/new
#
# hosts.txt has one ssh login a line; each host sees the trees under the same paths, and has migrate on its PATH.

set -euo pipefail

hosts=${1:?the list of hosts is missing}
in=${2:?the source tree is missing}
out=${3:?the target tree is missing}

count=$(grep -c '[^[:space:]]' "$hosts")

# A shard that fails is started again, on whichever host is free, and goes on where it stopped. Exit code 12 (rejects) is no failure.
# The trees are quoted once more for the shell on the other side.
failed=0
# shellcheck disable=SC2016 # the shell on the other side is to expand it
seq "$count" | parallel --sshloginfile "$hosts" --jobs 1 --retries 3 --line-buffer --tagstring 'shard {}' --quote \
  bash -c 'migrate --in "$1" --out "$2" --shard "$3" --no-progress || { code=$?; [ "$code" -eq 12 ] || exit "$code"; }' \
  migrate "$in" "$out" "{}/$count" || failed=$?

# Says what is missing if some shards did not end.
migrate report merge "$out" || failed=$?
exit "$failed"
