#!/bin/bash
# prepare.sh FOLDER - makes what the VM boots, once: Debian's kernel, taken out of its package, and an
# initramfs with just the modules that reach the machine's files. Needs the "vm" system packages.
#   PATCHBAY_VM_KERNEL  the kernel's package (the one that linux-image-amd64 depends on)
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$folder/new-$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/initramfs/bin"

download() {
  local package=${PATCHBAY_VM_KERNEL:-$(
    apt-cache depends linux-image-amd64 | awk '/Depends: linux-image/ {print $2; exit}'
  )}
  [ -n "$package" ] && (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package" >&2)
}

unpack() {
  dpkg-deb -x "$work"/*.deb "$work/root"
  rm "$work"/*.deb
  [ -d "$work/root/lib/modules" ] || mv "$work/root/usr/lib" "$work/root/lib" # Debian 13 and later
  version=$(ls "$work/root/lib/modules")
  depmod -b "$work/root" "$version"
}

# QEMU boots an uncompressed kernel directly: no firmware, and no decompression under emulation.
extract_vmlinux() {
  local image=$work/root/boot/vmlinuz-$version how at
  for how in 'xz \xfd7zXZ\x00' 'zstd \x28\xb5\x2f\xfd'; do
    at=$(LC_ALL=C grep -aboP -m1 "${how#* }" "$image" | head -1 | cut -d: -f1)
    [ -n "$at" ] || continue
    # It complains about what follows the compressed stream.
    tail -c +$((at + 1)) "$image" | ${how% *} -dc >"$work/vmlinux" 2>/dev/null || true
    [ "$(head -c4 "$work/vmlinux")" != $'\x7fELF' ] || return 0
  done
  cp "$image" "$work/vmlinux"
}

make_initramfs() {
  local number=10 module
  cp "$(command -v busybox)" "$work/initramfs/bin/busybox"
  install -m 755 "$here/init" "$work/initramfs/init"
  # Numbered, since init loads them in the order of their names.
  for module in $(
    modprobe -d "$work/root" -S "$version" --show-depends -a \
      virtio_mmio virtio_pci virtio_console 9pnet_virtio 9p overlay |
      awk '$1 == "insmod" && !seen[$2]++ {print $2}'
  ); do
    number=$((number + 1))
    cp "$module" "$work/initramfs/$number-${module##*/}"
  done
  xz -dq "$work"/initramfs/*.ko.xz 2>/dev/null || true # compressed in newer releases
  (cd "$work/initramfs" && find . | cpio -o -H newc --quiet) >"$work/initramfs.cpio"
  rm -r "$work/initramfs"
}

download || { apt-get -qq update >&2 && download; }
unpack
extract_vmlinux
make_initramfs
rm -rf "$folder/ready"
mv "$work" "$folder/ready"
