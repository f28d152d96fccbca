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
# A configuration is meant to take at most half an hour on one core of a slow machine. So tests are smaller under `cfg(miri)`, and those
# whose unsafe code others reach are ignored there. A test file that takes longer than LIMIT seconds (600) fails.
#
# Miri is a component of nightly Rust: rustup toolchain install nightly --component miri,rust-src
# TOOLCHAIN names another toolchain than `nightly`, and TESTS_MATCHING a part of the names of the tests to run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
limit="${LIMIT:-600}"
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

# miri_test FLAGS [ARGUMENT...]: runs `cargo miri test` with flags of Miri.
miri_test() {
    MIRIFLAGS="$1 ${MIRIFLAGS:-}" cargo "+$toolchain" miri test -p ndarray-lockstep "${@:2}"
}

# timed_test WHAT FLAGS [ARGUMENT...]: the same, with the time it takes, and at most LIMIT seconds of it. WHAT is printed.
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

# miri FLAGS [CARGO ARGUMENT...]: runs the unit tests, the integration tests one file at a time, and the examples of the documentation.
# Test files that start processes or read files are empty under Miri. Programs that must not compile are left to `cargo test`.
miri() {
    local flags="-Zmiri-strict-provenance $1" file
    shift
    local matching=(${TESTS_MATCHING:+"$TESTS_MATCHING"})
    miri_test "$flags" --lib --tests --no-run "$@"
    timed_test "unit tests" "$flags" --lib "$@" -- "${matching[@]}"
    for file in tests/*.rs; do
        timed_test "$file" "$flags" --test "$(basename "$file" .rs)" "$@" -- "${matching[@]}"
    done
    timed_test "documentation" "$flags" --doc "$@" -- --skip CompileFail "${matching[@]}"
}

# threads: runs the tests of the feature rayon. The other configurations run the rest of them, and check aliasing, which cannot be
# checked here: crossbeam-epoch, which rayon's queues are made of, makes pointers of integers, and breaks the rules of both kinds of
# borrows (https://github.com/crossbeam-rs/crossbeam/issues/545 and 1181); so does rayon-core's `scope` break those of Tree Borrows,
# in a program without this crate. The threads of a pool end by themselves, after the program has ended.
threads() {
    local flags="-Zmiri-ignore-leaks -Zmiri-permissive-provenance -Zmiri-disable-stacked-borrows"
    timed_test tests/parallel.rs "$flags" --features rayon --test parallel -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    timed_test tests/steps.rs "$flags" --features rayon --test steps -- ${TESTS_MATCHING:+"$TESTS_MATCHING"}
    timed_test "unit tests" "$flags" --features rayon --lib -- "${TESTS_MATCHING:-parallel::}"
    timed_test tests/guarantees.rs "$flags" --features rayon --test guarantees -- "${TESTS_MATCHING:-promise_15}"
    timed_test tests/drop_in.rs "$flags" --features rayon --test drop_in -- "${TESTS_MATCHING:-lockstep::suite::parallel::}"
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
    printf -- '-- %s: %d s\n' "$configuration" "$((SECONDS - start))"
done
