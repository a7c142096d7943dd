# shellcheck shell=bash
# Sourced by scripts that run things side by side.

# Ends what this shell has started and what still runs, for a trap on EXIT. It never fails: the script's exit code is
# that of its work. A job may be listed and yet be gone, and `kill` fails for it; under `set -e` a script whose work was
# well would end with that.
end_jobs() {
    local running
    running=$(jobs -rp) || true
    # One word for each process.
    # shellcheck disable=SC2086
    [[ -z $running ]] || kill $running 2>/dev/null || true
}
