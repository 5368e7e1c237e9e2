#!/bin/bash
# machine.sh NETNS STATE RUN PLUGINS - a machine for container runtimes to run on, with processes, files, cgroups
# and a network of its own. It is gone, with all that runs on it, when stdin ends.
#   NETNS    path of the network namespace that is its network
#   STATE    folder that is /var/lib/cni there
#   RUN      folder that is /run/patchbay there
#   PLUGINS  folder that is /opt/cni/bin there; /usr/lib/cni is empty
# When it is ready it says the ID of its first process: programs get in with nsenter.
set -euo pipefail

# Writes "NAME CGROUP TYPE OPTIONS" for every hierarchy: as whose part this process is in CGROUP.
list_hierarchies() {
  local controllers cgroup unified=.
  ! grep -q '^[1-9]' /proc/self/cgroup || unified=unified
  while IFS=: read -r _ controllers cgroup; do
    case $controllers in
      "") echo "$unified $cgroup cgroup2 rw" ;;
      name=*) echo "${controllers#name=} $cgroup cgroup none,$controllers" ;;
      *) echo "$controllers $cgroup cgroup $controllers" ;;
    esac
  done </proc/self/cgroup
}

mount_hierarchies() { # FOLDER
  local name type options
  while read -r name _ type options; do
    mkdir -p "$1/$name"
    mount -t "$type" -o "$options" cgroup "$1/$name"
  done <<<"$hierarchies"
}

list_cgroups() { # of the machine, as folders
  local name cgroup
  while read -r name cgroup _; do
    echo "$outside/$name$cgroup/patchbay-$$"
  done <<<"$hierarchies"
}

make_cgroups() {
  local folder
  for folder in $(list_cgroups); do
    mkdir "$folder"
    [ ! -e "$folder/cpuset.cpus" ] || for file in cpuset.cpus cpuset.mems; do
      # Version 1 lets no process into a group that has none of them.
      cat "$folder/../$file" >"$folder/$file" 2>/dev/null || :
    done
  done
}

# Processes that were killed leave their cgroups a little later.
remove_cgroups() {
  local folder
  for folder in $(list_cgroups); do
    for _ in {1..100}; do
      find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || :
      [ -e "$folder" ] || break
      sleep 0.05
    done
  done
}

join_cgroups() {
  local folder
  for folder in $(list_cgroups); do echo $BASHPID >"$folder/cgroup.procs"; done
}

# A folder looks as before, and can be written to without a trace.
cover() {
  local upper=/run/cover$1
  mkdir -p "$upper/files" "$upper/work"
  mount -t overlay -o "lowerdir=$1,upperdir=$upper/files,workdir=$upper/work" overlay "$1"
}

# The machine's first process; its parent has told what the hierarchies are.
boot() {
  local pid folder
  read -r pid _ </proc/self/stat # still of the processes outside
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  mount -t tmpfs -o mode=755 cgroup /sys/fs/cgroup
  mount_hierarchies /sys/fs/cgroup
  if [ -e /sys/fs/cgroup/cgroup.subtree_control ]; then
    # Version 2 wants a group's processes in the leaves when its controllers are passed on.
    mkdir /sys/fs/cgroup/init
    echo 0 >/sys/fs/cgroup/init/cgroup.procs
    sed -E 's/\w+/+&/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
  fi

  mount -t tmpfs -o mode=755 tmpfs /run
  mount -t tmpfs -o mode=1777 tmpfs /dev/shm
  for folder in /etc /opt /var/lib; do cover "$folder"; done
  mkdir -p /run/{lock,netns,patchbay,reference} /etc/cni /opt/cni/bin /var/lib/cni /usr/lib/cni
  mount --bind "$plugins" /opt/cni/bin
  mount --bind /usr/lib/cni /run/reference
  for folder in /etc/cni /usr/lib/cni; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
  mkdir /etc/cni/net.d
  mount --bind "$state" /var/lib/cni
  mount --bind "$run" /run/patchbay
  echo "$pid"
  read -r _ || : # to the end of stdin, which ends this process and thereby all others
}

if [ $# = 4 ]; then
  exec unshare --mount --propagation private -- "$0" "$@" outside
elif [ "$5" = outside ]; then
  hierarchies=$(list_hierarchies)
  outside=$(mktemp -d)
  mount -t tmpfs tmpfs "$outside"
  mount_hierarchies "$outside"
  trap 'remove_cgroups; umount -lR "$outside"; rmdir "$outside"' EXIT
  trap : INT TERM # whoever is to end this ends stdin
  make_cgroups
  export hierarchies
  (
    join_cgroups
    exec nsenter --net="$1" -- unshare --pid --fork --kill-child --cgroup --mount --ipc --uts \
      --propagation private -- "$0" "${@:1:4}" inside
  )
else
  state=$2 run=$3 plugins=$4
  boot
fi
