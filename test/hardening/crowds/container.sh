#!/bin/bash
# One of a crowd: a container that lives again and again until the time is over, and what a runtime
# does for it. Every call is a line in its log: verb, plugin, exit status, microseconds, answer.
#
#     container.sh NAME NUMBER HABIT NETWORK BRIDGE SECONDS SEED
#
# HABIT is what becomes of it: a "mortal" lives and dies; of a "killed" one calls are killed at random;
# a "ghost" dies without DEL and is left to GC; for a "barren" one there is no address, so that each
# ADD fails; "twins" have the same number: ID and namespace are the same.
set -u
name=$1 number=$2 habit=$3 network=$4 bridge=$5 deadline=$((SECONDS + $6))
RANDOM=$7

export CNI_CONTAINERID=container-$number CNI_IFNAME=eth0 CNI_NETNS=$NAMESPACES-$number
log=$FOLDER/log-$name said=$FOLDER/said-$name stdin=$FOLDER/stdin-$name
config='"cniVersion":"1.1.0","name":"'$network'"'
bridge='"type":"bridge","bridge":"'$bridge'","isDefaultGateway":true,"ipMasq":true'
bridge=$config,$bridge,$(<"$FOLDER/ipam-$network")
portmap=$config,'"type":"portmap","capabilities":{"portMappings":true}'
mappings='"runtimeConfig":{"portMappings":[
  {"hostPort":'$((10000 + number))',"containerPort":80,"protocol":"tcp"},
  {"hostPort":'$((10000 + number))',"containerPort":53,"protocol":"udp"}]}'

# VERB PLUGIN CONFIG [PREFIX...]
call() {
  local start=${EPOCHREALTIME/./} status answer=
  printf '{%s}' "$3" > "$stdin"
  # Bash would speak of everyone who is killed.
  { CNI_COMMAND=$1 "${@:4}" "$CNI_PATH/$2" < "$stdin" > "$said" 2> "$said-err"; } 2> /dev/null
  status=$?
  [ $status = 0 ] || answer=$(<"$said")
  [ $status = 0 ] || [ -n "$answer" ] || answer=$(<"$said-err")
  echo "$1 $2 $status $((${EPOCHREALTIME/./} - start)) ${answer//$'\n'/}" >> "$log"
  return $status
}

# At random, a life is cut short: within the time that a call takes.
fate() {
  [ $habit = killed ] && ((RANDOM % 3 == 0)) && echo "timeout -s KILL 0.0$((10 + RANDOM % 70))"
}

# Whoever has the same address at the same time finds the folder there.
hold() {
  # The address of a twin may be released by the other, that of a ghost by one who collects.
  [ $habit != twin ] && [ $habit != ghost ] || return 0
  [[ $(<"$said") =~ \"address\":\ \"([0-9.]+)/ ]] || return
  address=${BASH_REMATCH[1]}
  mkdir "$FOLDER/held-$network-$address" 2> /dev/null || echo "ADD twice 1 0 $address" >> "$log"
}

release() {
  [ -z "$address" ] || rmdir "$FOLDER/held-$network-$address"
  address=
}

live() {
  local result
  call ADD bridge "$bridge" $(fate) || return
  result=$(<"$said")
  hold
  call ADD portmap "$portmap,$mappings,\"prevResult\":$result" $(fate) || return
  if ((RANDOM % 2)); then
    call CHECK portmap "$portmap,$mappings,\"prevResult\":$result"
    call CHECK bridge "$bridge,\"prevResult\":$result"
  fi
}

# A runtime repeats a DEL that failed.
end() {
  local attempt
  for attempt in {1..20}; do call "$@" $(fate) && return; done
}

die() {
  release
  end DEL portmap "$portmap"
  end DEL bridge "$bridge"
}

# All of the crowd is alive for all that a runtime knows, but for the ghosts.
collect() {
  local valid='"cni.dev/valid-attachments":['$(<"$FOLDER/valid")']'
  CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= call GC portmap "$portmap,$valid"
  CNI_CONTAINERID= CNI_NETNS= CNI_IFNAME= call GC bridge "$bridge,$valid"
}

address=
while ((SECONDS < deadline)); do
  live
  case $habit in
    barren) ;;
    ghost) release; collect ;;
    *) die ;;
  esac
done
[ $habit = ghost ] || die
exit 0
