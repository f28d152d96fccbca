#!/usr/bin/env bash
# Runs the tests under Miri, which sees undefined behaviour that a processor does not.
#
#     scripts/miri.sh                          every configuration
#     scripts/miri.sh stacked big-endian       some of them
#     scripts/miri.sh --if-available [...]     the same; where there is no Miri, says so and succeeds
#
# Miri is a component of nightly Rust: rustup toolchain install nightly --component miri,rust-src
# TOOLCHAIN names another toolchain than `nightly`, and TESTS_MATCHING a part of the names of the tests to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
all=(stacked tree alignment 32-bit big-endian)

if_available=false
configurations=()
for argument in "$@"; do
    case "$argument" in
        --if-available) if_available=true ;;
        stacked | tree | alignment | 32-bit | big-endian) configurations+=("$argument") ;;
        *)
            echo "error: unknown configuration $argument; there are: ${all[*]}" >&2
            exit 2
            ;;
    esac
done
if [ "${#configurations[@]}" -eq 0 ]; then
    configurations=("${all[@]}")
fi

if ! cargo "+$toolchain" miri --version >/dev/null 2>&1; then
    message="Miri is not installed (rustup toolchain install $toolchain --component miri,rust-src)"
    if "$if_available"; then
        echo "skipped: $message"
        exit 0
    fi
    echo "error: $message" >&2
    exit 1
fi

# miri FLAGS [CARGO ARGUMENT...]: runs the unit and integration tests. Those that start processes are empty under Miri.
miri() {
    local flags="$1"
    shift
    # A pointer that comes from an integer hides where it came from; this crate needs none, so Miri may insist.
    MIRIFLAGS="-Zmiri-strict-provenance $flags ${MIRIFLAGS:-}" \
        cargo "+$toolchain" miri test -p ndarray-lockstep --lib --tests "$@" -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
}

for configuration in "${configurations[@]}"; do
    printf '\n== Miri: %s\n' "$configuration"
    case "$configuration" in
        # Which references may be used when: the stricter, older rules.
        stacked) miri "" ;;
        # The newer rules.
        tree) miri "-Zmiri-tree-borrows" ;;
        # An address is aligned only where its allocation says so, not where it happens to be.
        alignment) miri "-Zmiri-symbolic-alignment-check" ;;
        # Interpreted, so that no such machine is needed.
        32-bit) miri "" --target i686-unknown-linux-gnu ;;
        big-endian) miri "" --target s390x-unknown-linux-gnu ;;
    esac
done
