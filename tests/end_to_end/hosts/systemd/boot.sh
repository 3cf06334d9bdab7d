# Becomes the first process of a machine: a copy of this one's files that nobody else sees, without a unit that was enabled
# here, without its devices, and without a way to change the kernel's settings.
#
#   boot DIRECTORY FIRST-PROCESS PROGRAM [SHARED…]
#
# PROGRAM is /usr/local/bin/dbha there; what is shared is there at its own place.
set -eu
directory=$1 first=$2 program=$3
shift 3
machine=$directory/machine
mount -t tmpfs -o mode=755 tmpfs "$machine"
mkdir "$machine"/{upper,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$machine/upper,workdir=$machine/work" "$machine/root"
cd "$machine/root"

mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
if [ -e proc/sysrq-trigger ]; then mount --bind /dev/null proc/sysrq-trigger; fi
mount -t sysfs sysfs sys
mount -o remount,bind,ro sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for number in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${number%:*}" "dev/${number#*:}"; done
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp

mkdir -p usr/local/bin
: >usr/local/bin/dbha
mount --bind "$program" usr/local/bin/dbha
for shared; do
    mkdir -p "./$shared"
    mount --bind "$shared" "./$shared"
done

# What is left runs nothing but what a test asks for, and the journal.
rm -rf {usr/,}lib/systemd/system-generators {usr/,}lib/systemd/system/*.wants etc/systemd etc/dbha var/lib/dbha \
    var/lib/private/dbha
mkdir -p etc/systemd/system/sysinit.target.wants
ln -s /lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants
printf '[Journal]\nStorage=volatile\nRateLimitIntervalSec=0\nReadKMsg=no\n' >etc/systemd/journald.conf
tr -d - <proc/sys/kernel/random/uuid >etc/machine-id

mkdir run/old
pivot_root . run/old
umount -l /run/old
rmdir /run/old
# Where systemd knows itself in a container it leaves to others what it does elsewhere: mounts that its children make are its own.
mount --make-rshared /
exec env -i container=other PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$first" --system \
    --unit=multi-user.target --log-target=journal-or-kmsg --show-status=0
