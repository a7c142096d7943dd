# shellcheck shell=bash
# Sourced before any call of cargo: sets the C and C++ flags that this machine's CPU needs, and makes sure
# that what lies in target/ was built for this CPU.
# The variables stay unset where there is nothing to set, so that cargo called by hand builds the same.

cpu_flags=$(scripts/cpu-flags.sh)
if [[ -n $cpu_flags ]]; then
    export CFLAGS="${CFLAGS:+$CFLAGS }$cpu_flags"
    export CXXFLAGS="${CXXFLAGS:+$CXXFLAGS }$cpu_flags"
fi
scripts/match-cpu.sh "$cpu_flags"
