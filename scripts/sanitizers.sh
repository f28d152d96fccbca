#!/usr/bin/env bash
# Runs the tests under tools that check memory accesses at run time. Unlike Miri, they run the
# compiled code, at every level that the machine supports.
#
#     scripts/sanitizers.sh                            runs all tools
#     scripts/sanitizers.sh address valgrind           runs some tools
#     scripts/sanitizers.sh --if-available [...]       prints and skips missing tools
#
#     address     AddressSanitizer with LeakSanitizer: all tests and the documentation's examples
#     thread      ThreadSanitizer: the tests that start threads or share data between threads; those
#                 with thread pools only if the source of the standard library is installed
#     valgrind    memcheck, which also finds uses of uninitialised values: most tests, with few
#                 random cases; up to AVX2
#
# The sanitizers are part of nightly Rust for some targets, including x86-64 and AArch64 Linux. Only
# thread pools need its source (rust-src). Valgrind is a separate program, and runs tests that the
# default toolchain builds.
#
# TOOLCHAIN selects another toolchain than `nightly`. TESTS_MATCHING selects the tests whose names
# contain it. PROPTEST_CASES sets the number of random cases per property.
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

# reason_to_skip TOOL: prints the reason why the tool cannot run here, or nothing.
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

# tests_matching PATTERN: prints the integration tests whose source matches, as arguments for cargo.
# A test is a file, or a folder with a main.rs.
tests_matching() {
    local source
    for source in tests/*.rs tests/*/main.rs; do
        source="${source%/main.rs}"
        if grep -Erq "$1" "$source"; then
            printf -- '--test %s ' "$(basename "$source" .rs)"
        fi
    done
}
read -ra every_test <<<"$(tests_matching '')"
# `panic_of` installs a hook that all threads share.
read -ra tests_with_threads <<<"$(tests_matching 'thread::(scope|spawn)|static [A-Z_]+: (Mutex|Once|RwLock|Atomic)|panics::panic_of')"
read -ra tests_with_pools <<<"$(tests_matching 'ThreadPool')"

# The arguments after -- are for the test programs.
filter=(-- ${TESTS_MATCHING:+"$TESTS_MATCHING"})
cargo_target_dir="${CARGO_TARGET_DIR:-target}"
# Reports only need line numbers, and builds are faster without the rest.
debug=(CARGO_PROFILE_DEV_DEBUG="${CARGO_PROFILE_DEV_DEBUG:-line-tables-only}")

# Some tests panic on purpose. A backtrace would read the program's debug information, which takes
# long under valgrind. It also holds a lock that ThreadSanitizer does not see.
export RUST_BACKTRACE=0

# sanitized NAME FLAGS [CARGO ARGUMENT...]: runs tests that are compiled with the sanitizer. With an
# explicit target, procedural macros and build scripts are compiled without it.
sanitized() {
    local name="$1" flags="$2"
    shift 2
    env RUSTFLAGS="-Zsanitizer=$name $flags ${RUSTFLAGS:-}" RUSTDOCFLAGS="-Zsanitizer=$name $flags ${RUSTDOCFLAGS:-}" \
        CARGO_TARGET_DIR="$cargo_target_dir/sanitizers/$name" "${debug[@]}" \
        cargo "+$toolchain" test -p ndarray-lockstep --all-features --target "$host" "$@" "${filter[@]}"
}

# The functions of the precompiled standard library that are not generic are not instrumented. The
# memory passed to them is still checked, because every allocation is.
address() {
    export PROPTEST_CASES="${PROPTEST_CASES:-64}"
    # Leaks are checked at the end of each program. A stack is also checked after its function has
    # returned. A failed allocation returns null, as it does without the sanitizer, because some
    # tests expect an error then.
    export ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1:${ASAN_OPTIONS:-}"
    sanitized address "" --lib "${every_test[@]}"
    sanitized address "" --doc
}

# The other tests have one thread each and share nothing. They would only test the test harness.
thread() {
    export PROPTEST_CASES="${PROPTEST_CASES:-8}"
    local suppressions code=0
    suppressions="$(mktemp)"
    # The standard library synchronises in functions that are not instrumented. ThreadSanitizer then
    # reports races that do not exist. For the same reason the tests join each thread of a scope
    # explicitly: ThreadSanitizer sees a join but not the end of a scope.
    cat >"$suppressions" <<'END'
# The harness sends the results of tests through a channel.
race:test::event::CompletedTest
# The last owner frees memory that the others have used. A fence orders this, and ThreadSanitizer
# does not support fences.
race:alloc::sync::Arc<*as core::ops::drop::Drop>::drop
# The first thread that needs it creates it once.
race:proptest::test_runner::config::Config as core::clone::Clone
END
    # Tests with a thread pool run in the second run.
    local every=("${filter[@]}")
    local filter=("${every[@]}" --skip promise_15 --skip _several_threads)
    # The compiler treats the standard library without a sanitizer as having another ABI. For
    # ThreadSanitizer the ABI is the same.
    export TSAN_OPTIONS="suppressions=$suppressions:${TSAN_OPTIONS:-}"
    sanitized thread -Cunsafe-allow-abi-mismatch=sanitizer "${tests_with_threads[@]}" || code=$?
    filter=("${every[@]}")
    # The threads of a pool synchronise only inside the standard library. Unless it is instrumented,
    # all their shared data seems to race.
    if [ -d "$(rustc "+$toolchain" --print sysroot)/lib/rustlib/src/rust/library" ]; then
        sanitized thread "" "${tests_with_pools[@]}" -Zbuild-std || code=$?
    else
        echo "left out: ${tests_with_pools[*]}: that takes the source of the standard library (rustup component add rust-src)"
    fi
    rm -f "$suppressions"
    return "$code"
}

# Valgrind emulates every instruction, which takes 20 to 50 times as long. The tests are those that
# a plain `cargo test` builds.
valgrind_memcheck() {
    export PROPTEST_CASES="${PROPTEST_CASES:-2}"
    # Only definite leaks count. The threads of the harness cause possible ones.
    local command="valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite"
    command+=" --errors-for-leak-kinds=definite --fair-sched=try"
    local runner="CARGO_TARGET_${host//-/_}_RUNNER"
    # Boundaries, threads and steps are safe code on top of code that the other tests run. They
    # would take most of the time. The drop-in test walks the same code as the others.
    local tests=()
    read -ra tests <<<"$(echo "${every_test[*]}" | sed -E 's/--test (boundary|drop_in|parallel|steps) ?//g')"
    env "${runner^^}=$command" cargo test -p ndarray-lockstep --all-features --lib "${tests[@]}" "${filter[@]}"
}

for tool in "${available[@]}"; do
    printf '\n== %s\n' "$tool"
    start=$SECONDS
    # Each tool runs in a subshell, so that its environment does not affect the next one.
    case "$tool" in
        address) (address) ;;
        thread) (thread) ;;
        valgrind) (valgrind_memcheck) ;;
    esac
    printf -- '-- %s: clean, %d s\n' "$tool" "$((SECONDS - start))"
done
