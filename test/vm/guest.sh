#!/bin/bash
# What runs in the VM after init: makes the system one that programs expect, runs the command, hands
# over its output and exit status, and switches the VM off. The control folder is /run/vm.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
. /run/vm/settings # modules, modules_path, now, writable

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm /lib/modules
mount -t devpts -o gid=5,mode=620,ptmxmode=666 pts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount --bind "$modules_path" /lib/modules
mount --make-rshared /
ln -sf /proc/self/fd /dev/fd
for fd in 0:stdin 1:stdout 2:stderr; do ln -sf "fd/${fd%:*}" "/dev/${fd#*:}"; done

if [ -n "$writable" ]; then
  mkdir -p "$writable"
  mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144,cache=none writable "$writable"
fi
ip link set lo up
date -s "@$now" >/dev/null
echo patchbay-vm >/proc/sys/kernel/hostname
# shellcheck disable=SC2086 # a list
[ -z "$modules" ] || modprobe -a $modules

# The command writes to pipes: a virtio port cannot be opened twice, by /dev/stderr for one.
mkfifo /run/out /run/err
for port in /sys/class/virtio-ports/*; do
  name=$(cat "$port/name")
  cat "/run/$name" >"/dev/${port##*/}" &
done
: >/run/vm/started
bash /run/vm/command </run/vm/stdin >/run/out 2>/run/err
echo $? >/run/vm/status
for _ in {1..50}; do
  [ -n "$(jobs -r)" ] || break
  sleep 0.1
done
sync
echo o >/proc/sysrq-trigger
sleep 10
