# shellcheck shell=bash
# Sourced by the scripts that keep native code under target/.

# What "native" switches on, as the two compilers tell it. Needs $cxx.
meaning_of_native() {
    rustc --print cfg -C target-cpu=native | grep '^target_' | sort
    "$cxx" -march=native -dM -E -x c++ /dev/null 2>/dev/null ||
        "$cxx" -mcpu=native -dM -E -x c++ /dev/null 2>/dev/null ||
        "$cxx" -dM -E -x c++ /dev/null
}
