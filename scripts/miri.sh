#!/usr/bin/env bash
# Runs the tests and the examples of the documentation under Miri, which detects undefined behaviour
# that a processor does not.
#
#     scripts/miri.sh                          runs every configuration
#     scripts/miri.sh stacked big-endian       runs some configurations
#     scripts/miri.sh --if-available [...]     if Miri is missing, prints that and succeeds
#
#     stacked       Stacked Borrows: the older, stricter aliasing rules
#     tree          Tree Borrows: the newer aliasing rules
#     alignment     symbolic alignment: no address is aligned merely by chance
#     features      compiled for x86-64-v3 (AVX2, FMA, ...), to interpret the kernels of that level
#     32-bit        32-bit pointers; interpreted, so no such machine is needed
#     big-endian    the most significant byte comes first
#     threads       the feature rayon: data races in the tests that use a thread pool
#
# Strict provenance is on in all configurations except `threads`. A pointer made from an integer
# hides its origin. This crate makes no such pointers, so Miri can forbid them.
#
# A configuration should take at most half an hour on one core of a slow machine. Tests are
# therefore smaller under `cfg(miri)`. Tests whose unsafe code other tests also reach are ignored
# there. An integration test that takes longer than LIMIT seconds (600) fails.
#
# Miri is a component of nightly Rust: rustup toolchain install nightly --component miri,rust-src
#
# TOOLCHAIN selects another toolchain than `nightly`. TESTS_MATCHING selects the tests whose names
# contain it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
limit="${LIMIT:-600}"
all=(stacked tree alignment features 32-bit big-endian threads)
# The features of `Level::X86V3` in src/simd.rs. A program has that level under Miri only if it is
# compiled for all of them.
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

# miri_test FLAGS [ARGUMENT...]: runs `cargo miri test` with flags for Miri.
miri_test() {
    MIRIFLAGS="$1 ${MIRIFLAGS:-}" cargo "+$toolchain" miri test -p ndarray-lockstep "${@:2}"
}

# timed_test WHAT FLAGS [ARGUMENT...]: does the same for at most LIMIT seconds, and prints WHAT and
# the time.
timed_test() {
    local what="$1" start="$SECONDS" code=0
    shift
    export toolchain
    export -f miri_test
    timeout --kill-after=10 "$limit" bash -c 'miri_test "$@"' miri_test "$@" || code=$?
    printf -- '-- %s: %d s\n' "$what" "$((SECONDS - start))"
    case "$code" in
        0) ;;
        124 | 137) echo "error: $what takes longer than $limit s: make it smaller under cfg(miri)" >&2 && return 1 ;;
        *) return "$code" ;;
    esac
}

# miri FLAGS [CARGO ARGUMENT...]: runs the unit tests, the integration tests one at a time, and the
# examples of the documentation. Tests that start processes or read files are empty under Miri.
# `cargo test` checks the programs that must not compile.
miri() {
    local flags="-Zmiri-strict-provenance $1" source
    shift
    local matching=(${TESTS_MATCHING:+"$TESTS_MATCHING"})
    miri_test "$flags" --lib --tests --no-run "$@"
    timed_test "unit tests" "$flags" --lib "$@" -- "${matching[@]}"
    for source in tests/*.rs tests/*/main.rs; do
        source="${source%/main.rs}"
        timed_test "$source" "$flags" --test "$(basename "$source" .rs)" "$@" -- "${matching[@]}"
    done
    timed_test "documentation" "$flags" --doc "$@" -- --skip CompileFail "${matching[@]}"
}

# threads: runs the tests of the feature rayon. The other configurations run the rest of these
# tests. They also check aliasing, which is not possible here. The queues of rayon come from
# crossbeam-epoch, which makes pointers from integers and violates the rules of both kinds of
# borrows (https://github.com/crossbeam-rs/crossbeam/issues/545 and 1181). The `scope` of rayon-core
# violates Tree Borrows even without this crate. The threads of a pool may still run when the
# program ends.
threads() {
    local flags="-Zmiri-ignore-leaks -Zmiri-permissive-provenance -Zmiri-disable-stacked-borrows"
    timed_test tests/parallel.rs "$flags" --features rayon --test parallel -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    timed_test tests/steps.rs "$flags" --features rayon --test steps -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    timed_test "unit tests" "$flags" --features rayon --lib -- ${TESTS_MATCHING:-pool:: zip::threads zip::par_iter}
    timed_test tests/guarantees "$flags" --features rayon --test guarantees -- "${TESTS_MATCHING:-promise_15}"
    timed_test tests/drop_in.rs "$flags" --features rayon --test drop_in -- "${TESTS_MATCHING:-lockstep::suite::parallel::}"
}

for configuration in "${configurations[@]}"; do
    printf '\n== Miri: %s\n' "$configuration"
    start=$SECONDS
    case "$configuration" in
        stacked) miri "" ;;
        tree) miri "-Zmiri-tree-borrows" ;;
        alignment) miri "-Zmiri-symbolic-alignment-check" ;;
        # Other machines interpret an x86-64 target. The compiler flags also apply to the examples
        # of the documentation.
        features)
            RUSTFLAGS="${RUSTFLAGS:-} -Ctarget-feature=$v3" RUSTDOCFLAGS="${RUSTDOCFLAGS:-} -Ctarget-feature=$v3" \
                miri "" --target x86_64-unknown-linux-gnu
            ;;
        32-bit) miri "" --target i686-unknown-linux-gnu ;;
        big-endian) miri "" --target s390x-unknown-linux-gnu ;;
        threads) threads ;;
    esac
    printf -- '-- %s: %d s\n' "$configuration" "$((SECONDS - start))"
done
