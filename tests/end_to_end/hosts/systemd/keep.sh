# Keeps a machine with a systemd of its own, in a control group of its own, until standard input ends: that is when the test
# does, however it does. Started by `bash -c` in mounts of its own, and with a network that may be a host's.
#
#   keep DIRECTORY TEXT-OF-BOOT FIRST-PROCESS PROGRAM [SHARED…]
set -eu
directory=$1 boot=$2
shift 2
mkdir "$directory/groups" "$directory/machine"
mount -t cgroup2 cgroup2 "$directory/groups"
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
group=$directory/groups/${own#/}
group=${group%/}/dbha-systemd-$$
mkdir "$group"

# Whoever enters a namespace of control groups sees the one that it is in as the root of them all.
(
    echo "$BASHPID" >"$group/cgroup.procs"
    exec unshare --pid --fork --kill-child --mount --cgroup --ipc --uts /bin/bash -c "$boot" boot "$directory" "$@" </dev/null
) &
machine=$!
echo "$machine" >"$directory/keeper.new"
mv "$directory/keeper.new" "$directory/keeper"

asked=
while kill -0 "$machine" 2>/dev/null; do
    ended=0
    read -r -t 0.1 _ || ended=$?
    if [ "$ended" -le 128 ]; then asked=1 && break; fi
done
kill -KILL "$machine" 2>/dev/null || true
ended=0
wait "$machine" || ended=$?

# The kernel ends the other processes of the machine with its first, and needs a moment for it.
for _ in {1..100}; do
    if find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; then
        # Nobody reads on what was said, and a test that was killed removes nothing itself.
        if [ -n "$asked" ]; then umount "$directory/groups" && rm -rf --one-file-system "$directory"; fi
        exit "$ended"
    fi
    sleep 0.1
done
echo "cannot remove the control group dbha-systemd-$$" >&2
exit 1
