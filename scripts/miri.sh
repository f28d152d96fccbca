#!/usr/bin/env bash
# Runs the tests and the examples of the documentation under Miri, which sees undefined behaviour that a processor does not.
#
#     scripts/miri.sh                          every configuration
#     scripts/miri.sh stacked big-endian       some of them
#     scripts/miri.sh --if-available [...]     the same; where there is no Miri, says so and succeeds
#
#     stacked       Stacked Borrows: which references may be used when, by the stricter, older rules
#     tree          Tree Borrows: by the newer rules
#     alignment     symbolic alignment: an address is aligned only where its allocation says so, not where it happens to be
#     features      a program compiled for x86-64-v3, AVX2 and FMA among it, so that the kernels of that level are interpreted
#     32-bit        pointers of 32 bits; interpreted, so that no such machine is needed
#     big-endian    the most significant byte comes first
#     threads       the feature rayon: races between the threads of a pool, in the tests that have one
#
# Strict provenance is on in all of them but `threads`: a pointer that comes from an integer hides where it came from; this crate needs
# none, so Miri may insist.
#
# Miri is a component of nightly Rust: rustup toolchain install nightly --component miri,rust-src
# TOOLCHAIN names another toolchain than `nightly`, and TESTS_MATCHING a part of the names of the tests to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
all=(stacked tree alignment features 32-bit big-endian threads)
# The features of `Level::X86V3`, all of which a program must be compiled for to have it: src/simd.rs.
v3="+avx2,+fma,+f16c,+bmi1,+bmi2,+lzcnt,+movbe,+popcnt"

if_available=false
configurations=()
for argument in "$@"; do
    case "$argument" in
        --if-available) if_available=true ;;
        stacked | tree | alignment | features | 32-bit | big-endian | threads) configurations+=("$argument") ;;
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

# miri FLAGS [CARGO ARGUMENT...]: runs the unit and integration tests, and the examples of the documentation. Tests that start
# processes are empty under Miri. Examples that must not compile are compiled as ever, and not run.
miri() {
    local flags="$1" kind
    shift
    for kind in "--lib --tests" "--doc"; do
        # shellcheck disable=SC2086 # several words
        MIRIFLAGS="-Zmiri-strict-provenance $flags ${MIRIFLAGS:-}" \
            cargo "+$toolchain" miri test -p ndarray-lockstep $kind "$@" -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    done
}

# threads: runs the tests of the feature rayon. What they do besides is done by the other configurations, where aliasing is looked at,
# too: crossbeam-epoch, of which rayon's queues are made, makes pointers of integers, and keeps neither kind of borrows
# (https://github.com/crossbeam-rs/crossbeam/issues/545 and 1181). The threads of a pool end by themselves, after the program has.
threads() {
    local flags="-Zmiri-ignore-leaks -Zmiri-permissive-provenance -Zmiri-disable-stacked-borrows ${MIRIFLAGS:-}"
    local tests=(cargo "+$toolchain" miri test -p ndarray-lockstep --features rayon)
    MIRIFLAGS="$flags" "${tests[@]}" --test parallel --test steps -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    MIRIFLAGS="$flags" "${tests[@]}" --lib -- "${TESTS_MATCHING:-parallel::}"
    MIRIFLAGS="$flags" "${tests[@]}" --test guarantees -- "${TESTS_MATCHING:-promise_15}"
    MIRIFLAGS="$flags" "${tests[@]}" --test drop_in -- "${TESTS_MATCHING:-lockstep::suite::parallel::}"
}

for configuration in "${configurations[@]}"; do
    printf '\n== Miri: %s\n' "$configuration"
    start=$SECONDS
    case "$configuration" in
        stacked) miri "" ;;
        tree) miri "-Zmiri-tree-borrows" ;;
        alignment) miri "-Zmiri-symbolic-alignment-check" ;;
        # An x86-64 machine is interpreted on any other. Flags of the compiler are those of documentation's examples too.
        features)
            RUSTFLAGS="${RUSTFLAGS:-} -Ctarget-feature=$v3" RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Ctarget-feature=$v3" \
                miri "" --target x86_64-unknown-linux-gnu
            ;;
        32-bit) miri "" --target i686-unknown-linux-gnu ;;
        big-endian) miri "" --target s390x-unknown-linux-gnu ;;
        threads) threads ;;
    esac
    printf -- '-- %d s\n' "$((SECONDS - start))"
done
