# shellcheck shell=bash
# Sourced before any call of cargo: makes sure that what lies in target/ was built for this CPU, and sets
# the C and C++ flags that the CPU needs.
# The variables stay unset where there is nothing to set, so that cargo called by hand builds the same.

# Once is enough: a script that is started by another one inherits the flags.
if [[ -z ${DRAGON_BUILD_ENV:-} ]]; then
    export DRAGON_BUILD_ENV=set
    cpu_flags=$(scripts/cpu-flags.sh)
    scripts/match-cpu.sh "$cpu_flags"
    if [[ -n $cpu_flags ]]; then
        export CFLAGS="${CFLAGS:+$CFLAGS }$cpu_flags"
        export CXXFLAGS="${CXXFLAGS:+$CXXFLAGS }$cpu_flags"
    fi
fi
