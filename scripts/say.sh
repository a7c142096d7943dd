# shellcheck shell=bash
# Sourced by the other scripts: how they speak to the person who started them.
# Everything goes to standard error, so that a script's standard output stays its result.

# One line about what happens next.
say() { printf '==> %s\n' "$*" >&2; }

# Says what is wrong and how to mend it, then ends the script.
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
