#!/bin/bash
# run.sh COMMAND [ARGUMENT...] - runs a command as root in a throw-away VM that has Debian's kernel and
# sees this machine's files. What it writes is gone afterwards. stdout, stderr and exit status are the
# command's; 124: the time was over, 125: the VM could not be made, or died.
#   PATCHBAY_VM_SECONDS   for the whole (600)
#   PATCHBAY_VM_MEMORY    MiB (2048)
#   PATCHBAY_VM_WRITABLE  a folder that the command writes to for good
#   PATCHBAY_VM_STDIN=1   hand over stdin, read to its end before
#   PATCHBAY_VM_CONSOLE=1 show what the kernel says, on stderr
#   PATCHBAY_VM_FOLDER    where kernel and initramfs are kept (/var/tmp/patchbay-vm)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${PATCHBAY_VM_FOLDER:-/var/tmp/patchbay-vm}
boot_seconds=90 # takes 10 to 30 under emulation
# Modules that the kernel does not load by itself when they are first asked for.
modules="8021q br_netfilter bridge dummy ifb ip_tables ip6_tables iptable_filter iptable_nat ip6table_filter
  ip6table_nat nf_conntrack_netlink nf_tables nft_compat nft_meta_bridge sch_ingress tun veth vrf"

die() {
  echo "vm: $*" >&2
  exit 125
}

[ $# -gt 0 ] || die "usage: run.sh COMMAND [ARGUMENT...]"
mkdir -p "$folder"
(
  flock 9
  # What prepare.sh and init say may have changed.
  stamp=$(cat "$here/prepare.sh" "$here/init" | cksum)
  [ "$(cat "$folder/ready/stamp" 2>/dev/null)" != "$stamp" ] || exit 0
  bash "$here/prepare.sh" "$folder"
  echo "$stamp" >"$folder/ready/stamp"
) 9>"$folder/lock" || die "cannot prepare the VM"

control=$(mktemp -d "${TMPDIR:-/tmp}/patchbay-vm.XXXXXX")
trap 'rm -rf "$control"' EXIT
cp "$here/guest.sh" "$control/"
: >"$control/stdin"
[ -z "${PATCHBAY_VM_STDIN:-}" ] || cat >"$control/stdin"
{
  export -p
  printf 'cd %q\nexec' "$PWD"
  printf ' %q' "$@"
} >"$control/command"
declare -p modules >"$control/settings"
printf '%s=%q\n' modules_path "$folder/ready/root/lib/modules" now "$(date +%s)" \
  writable "${PATCHBAY_VM_WRITABLE:-}" >>"$control/settings"

# A /dev/kvm without svm or vmx, as inside some clouds, cannot run this kernel.
accelerator=(-accel "tcg,thread=multi" -cpu max)
if [ -w /dev/kvm ] && grep -qwE 'svm|vmx' /proc/cpuinfo; then accelerator=(-accel kvm -cpu host); fi
# A busy machine makes the calibration of an emulated clock fail and the boot hang: give its rate.
khz=$(awk '/^cpu MHz/ {printf "%d", $4 * 1000; exit}' /proc/cpuinfo)
kernel="console=ttyS0 panic=-1 mitigations=off nokaslr init_on_alloc=0 audit=0 lsm= \
  rcupdate.rcu_expedited=1 no_timer_check tsc=reliable tsc_early_khz=$khz"
[ -n "${PATCHBAY_VM_CONSOLE:-}" ] || kernel+=" quiet loglevel=3"

share() { # TAG PATH OPTIONS
  devices+=(-fsdev "local,id=$1,path=$2,security_model=passthrough,multidevs=remap$3")
  devices+=(-device "virtio-9p-device,fsdev=$1,mount_tag=$1")
}
devices=()
share root / ,readonly=on
share control "$control" ""
[ -z "${PATCHBAY_VM_WRITABLE:-}" ] || share writable "$PATCHBAY_VM_WRITABLE" ""

start() {
  timeout -k 3 "${PATCHBAY_VM_SECONDS:-600}" qemu-system-x86_64 -M microvm -nodefaults -no-user-config \
    -display none -no-reboot "${accelerator[@]}" -m "${PATCHBAY_VM_MEMORY:-2048}" -smp 2 \
    -kernel "$folder/ready/vmlinux" -initrd "$folder/ready/initramfs.cpio" -append "$kernel" \
    -chardev "file,id=console,path=$control/console" -serial chardev:console \
    -device virtio-serial-device \
    -chardev file,id=out,path=/proc/self/fd/3,append=on -device virtserialport,chardev=out,name=out \
    -chardev file,id=err,path=/proc/self/fd/4,append=on -device virtserialport,chardev=err,name=err \
    "${devices[@]}" </dev/null >&4 2>&4 &
  local qemu=$! status=0
  # An emulated boot hangs once in a while. guest.sh leaves "started" when it is about to begin.
  for ((tenths = 0; tenths < boot_seconds * 10; tenths++)); do
    [ ! -e "$control/started" ] && kill -0 $qemu 2>/dev/null || break
    sleep 0.1
  done
  [ -e "$control/started" ] || kill $qemu 2>/dev/null || :
  wait $qemu || status=$?
  echo $status >"$control/qemu"
}

for attempt in 1 2 3; do
  # QEMU opens both outputs by path, which works for pipes whatever stdout and stderr are.
  { { start 3>&1 | cat; } 4>&1 >&5 | cat >&2; } 5>&1
  [ ! -e "$control/started" ] || break
  echo "vm: no boot within $boot_seconds s (attempt $attempt): $(tail -n 3 "$control/console")" >&2
done
[ -z "${PATCHBAY_VM_CONSOLE:-}" ] || cat "$control/console" >&2

[ ! -s "$control/status" ] || exit "$(cat "$control/status")"
case $(cat "$control/qemu") in
  124 | 137)
    echo "vm: the time is over" >&2
    exit 124
    ;;
esac
die "it ended without an exit status; its last words: $(tail -n 20 "$control/console")"
