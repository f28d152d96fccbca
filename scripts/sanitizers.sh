#!/usr/bin/env bash
# Runs the tests under tools that watch memory while a program runs: compiled code, as it is used, at every level of
# instruction sets that the machine has.
#
#     scripts/sanitizers.sh                            all of them
#     scripts/sanitizers.sh address valgrind           some of them
#     scripts/sanitizers.sh --if-available [...]       the same; what is missing here is named, and left out
#
#     address     AddressSanitizer with LeakSanitizer: all tests, and the examples of the documentation
#     thread      ThreadSanitizer: the tests that start threads, or share something between those that they run on; those with
#                 pools of threads where the source of the standard library is there
#     valgrind    memcheck, which sees values that were never written, too: most tests, on few random cases; up to AVX2
#
# The sanitizers are part of nightly Rust for some targets, x86-64 and AArch64 Linux among them; its source (rust-src) is needed
# for pools of threads alone.
# Valgrind is a program of its own, and runs what the default toolchain builds.
#
# TOOLCHAIN names another toolchain than `nightly`, TESTS_MATCHING a part of the names of the tests to run, and
# PROPTEST_CASES another number of random cases for each property.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
all=(address thread valgrind)

if_available=false
tools=()
for argument in "$@"; do
    case "$argument" in
        --if-available) if_available=true ;;
        address | thread | valgrind) tools+=("$argument") ;;
        *)
            echo "error: unknown tool $argument; there are: ${all[*]}" >&2
            exit 2
            ;;
    esac
done
if [ "${#tools[@]}" -eq 0 ]; then
    tools=("${all[@]}")
fi

host="$(rustc -vV | sed -n 's/^host: //p')"

# reason_to_skip TOOL: why it cannot be run here; nothing if it can.
reason_to_skip() {
    local sysroot runtime
    case "$1" in
        address) runtime="*_rt.asan.*" ;;
        thread) runtime="*_rt.tsan.*" ;;
        valgrind)
            command -v valgrind >/dev/null || echo "valgrind is not installed (it is a package of that name)"
            return
            ;;
    esac
    if ! sysroot="$(rustc "+$toolchain" --print sysroot 2>/dev/null)"; then
        echo "there is no toolchain $toolchain (rustup toolchain install $toolchain)"
    elif [ -z "$(find "$sysroot/lib/rustlib/$host/lib" -name "$runtime" 2>/dev/null)" ]; then
        echo "the toolchain $toolchain has no such sanitizer for $host"
    fi
}

available=()
for tool in "${tools[@]}"; do
    reason="$(reason_to_skip "$tool")"
    if [ -z "$reason" ]; then
        available+=("$tool")
    elif "$if_available"; then
        echo "skipped: $tool: $reason"
    else
        echo "error: $tool: $reason" >&2
        exit 1
    fi
done

# The integration tests, as arguments for cargo: those whose text matches PATTERN.
tests_matching() {
    local file
    for file in tests/*.rs; do
        if grep -Eq "$1" "$file"; then
            printf -- '--test %s ' "$(basename "$file" .rs)"
        fi
    done
}
read -ra every_test <<<"$(tests_matching '')"
read -ra tests_with_threads <<<"$(tests_matching 'thread::(scope|spawn)|static [A-Z_]+: (Mutex|Once|RwLock|Atomic)')"
read -ra tests_with_pools <<<"$(tests_matching 'ThreadPool')"

# What is behind --, for the programs that are run.
filter=(-- ${TESTS_MATCHING:+"$TESTS_MATCHING"})
cargo_target_dir="${CARGO_TARGET_DIR:-target}"
# Reports name lines, and need no more; builds are faster so.
debug=(CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-line-tables-only}")

# Panics are part of the tests. What they would print reads the program's debug information, for long under valgrind, and keeps
# it behind a lock that ThreadSanitizer does not see.
export RUST_BACKTRACE=0

# sanitized NAME FLAGS [CARGO ARGUMENT...]: runs tests that are compiled with the sanitizer. For a target that is named, so that
# procedural macros and build scripts are compiled without.
sanitized() {
    local name="$1" flags="$2"
    shift 2
    env RUSTFLAGS="-Zsanitizer=$name $flags ${RUSTFLAGS:-}" RUSTDOCFLAGS="-Zsanitizer=$name $flags ${RUSTDOCFLAGS:-}" \
        CARGO_TARGET_DIR="$cargo_target_dir/sanitizers/$name" "${debug[@]}" \
        cargo "+$toolchain" test -p ndarray-lockstep --all-features --target "$host" "$@" "${filter[@]}"
}

# The standard library is as it is delivered: its functions that are not generic are not instrumented. Memory that it is given
# is watched all the same, as every allocation is.
address() {
    export PROPTEST_CASES="${PROPTEST_CASES:-64}"
    # Leaks are looked for at the end of each program. A stack is watched after its function has returned, too. An allocation
    # that cannot be had returns null, as without the sanitizer: tests of such allocations expect an error.
    export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
    sanitized address "" --lib "${every_test[@]}"
    sanitized address "" --doc
}

# The other tests have a thread each, and share nothing: they would tell of the test harness alone.
thread() {
    export PROPTEST_CASES="${PROPTEST_CASES:-8}"
    local suppressions code=0
    suppressions="$(mktemp)"
    # Where the standard library synchronises in functions that are not instrumented, two accesses seem to race that do not. For
    # the same reason tests join each thread of a scope by hand: a join is seen, and the end of a scope is not.
    cat >"$suppressions" <<'END'
# Results of tests, which the harness sends through a channel.
race:test::event::CompletedTest
# The last owner frees what the others have used: that is told by a fence, which ThreadSanitizer does not know.
race:alloc::sync::Arc<*as core::ops::drop::Drop>::drop
# Made once, by the thread that comes first.
race:proptest::test_runner::config::Config as core::clone::Clone
END
    # What has a pool is left to the second run.
    local every=("${filter[@]}")
    local filter=("${every[@]}" --skip promise_15 --skip _several_threads)
    # Without a sanitizer, the standard library has another ABI in the eyes of the compiler. For ThreadSanitizer it has not.
    export TSAN_OPTIONS="suppressions=$suppressions:${TSAN_OPTIONS:-}"
    sanitized thread -Cunsafe-allow-abi-mismatch=sanitizer "${tests_with_threads[@]}" || code=$?
    filter=("${every[@]}")
    # The threads of a pool wait for each other in the standard library alone: without its part, all that they share seems to race.
    if [ -d "$(rustc "+$toolchain" --print sysroot)/lib/rustlib/src/rust/library" ]; then
        sanitized thread "" "${tests_with_pools[@]}" -Zbuild-std || code=$?
    else
        echo "left out: ${tests_with_pools[*]}: that takes the source of the standard library (rustup component add rust-src)"
    fi
    rm -f "$suppressions"
    return "$code"
}

# Every instruction is emulated, which takes 20 to 50 times as long. The tests are those that a plain `cargo test` builds.
valgrind_memcheck() {
    export PROPTEST_CASES="${PROPTEST_CASES:-2}"
    # Lost without a doubt; the harness's threads leave what may or may not be.
    local command="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite"
    command+=" --errors-for-leak-kinds=definite --fair-sched=try"
    local runner="CARGO_TARGET_${host//-/_}_RUNNER"
    # Boundaries, threads and time steps are safe code above what the others run, and would take most of the time; the drop-in walks what they
    # walk.
    local tests=()
    read -ra tests <<<"$(echo "${every_test[*]}" | sed -E 's/--test (boundary|drop_in|parallel|steps) ?//g')"
    env "${runner^^}=$command" cargo test --all-features --lib "${tests[@]}" "${filter[@]}"
}

for tool in "${available[@]}"; do
    printf '\n== %s\n' "$tool"
    start=$SECONDS
    # In a shell of its own, so that one does not set the environment of the next.
    case "$tool" in
        address) (address) ;;
        thread) (thread) ;;
        valgrind) (valgrind_memcheck) ;;
    esac
    printf -- '-- %s: clean, %d s\n' "$tool" "$((SECONDS - start))"
done
