#!/bin/sh
# Kills a fit at random moments, onto a folder that is there: it must be the old one or the new one, whole, and nothing else may be left.
#
#     sh bench/learn/kill.sh ./resnet PHOTOS WEIGHTS [TIMES]
#
# PHOTOS is a folder a class. Old and new differ in their seed, and so in the photos that are kept back.
set -eu
resnet=$(realpath "$1") photos=$(realpath "$2") weights=$3 times=${4:-50}
[ -e "$weights" ] && weights=$(realpath "$weights")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fit() { exec "$resnet" fit "$photos" -o net --valid 30 --weights "$weights" --seed "$1" >/dev/null 2>&1; }
(fit 1) && cp -r net old
start=$(date +%s%N)
(fit 2) && cp -r net new
span=$(($(date +%s%N) - start)) # nanoseconds that a fit takes
kept_old=0 kept_new=0 n=0
while [ $n -lt "$times" ]; do
	n=$((n + 1))
	rm -rf net
	cp -r old net
	fit 2 &
	pid=$!
	sleep "$(awk -v seed="$n$$" -v span="$span" 'BEGIN { srand(seed); printf "%.4f", 1.1 * rand() * span / 1e9 }')"
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
	if diff -rq net old >/dev/null; then
		kept_old=$((kept_old + 1))
	elif diff -rq net new >/dev/null; then
		kept_new=$((kept_new + 1))
	else
		echo "after kill $n the folder is neither the old nor the new one:" && ls -la net && exit 1
	fi
done
(fit 2)
left=$(find . -mindepth 1 -maxdepth 1 ! -name net ! -name old ! -name new)
[ -z "$left" ] || { echo "left behind: $left" && exit 1; }
echo "$times fits were killed: the folder was the old one $kept_old times, the new one $kept_new times, and always whole"
