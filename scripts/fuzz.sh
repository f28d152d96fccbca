#!/usr/bin/env bash
# Runs the fuzz targets in fuzz/ under AddressSanitizer.
#
#     scripts/fuzz.sh                          runs every target for a minute
#     scripts/fuzz.sh --seconds 600 zip plan   runs some targets for ten minutes each
#     scripts/fuzz.sh --runs 10000000          runs this many inputs per target, with no time limit
#     scripts/fuzz.sh --build                  builds the targets without running them
#     scripts/fuzz.sh --coverage               prints which lines of src/ the collected inputs reach
#     scripts/fuzz.sh --if-available [...]     if a tool is missing, prints that and succeeds
#     scripts/fuzz.sh --install [...]          first builds the missing program
#
# It needs nightly Rust and cargo-fuzz. --coverage needs the program `cov` of llvm_profparser
# instead of cargo-fuzz. The programs are taken from the PATH or from tools/bin in the target
# directory, where --install puts them.
#
# Inputs that reach new code are collected in fuzz/corpus, which git ignores. The next run starts
# with them. An input that fails is written to fuzz/artifacts. To run it alone:
# `cargo +nightly fuzz run TARGET FILE`. TOOLCHAIN selects another toolchain than `nightly`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
all=(zip windows volumes plan levels boundary steps audit)

# The programs and versions that --install builds.
fuzzer=cargo-fuzz@0.13.2
reader=llvm_profparser@0.15.0

if_available=false
install=false
what=run
limits=(-max_total_time=60)
targets=()
while [ $# -gt 0 ]; do
    case "$1" in
        --if-available) if_available=true ;;
        --install) install=true ;;
        --build) what=build ;;
        --coverage) what=coverage ;;
        --seconds | --runs)
            if ! [[ "${2:-}" =~ ^[1-9][0-9]*$ ]]; then
                echo "error: $1 takes a number" >&2
                exit 2
            fi
            if [ "$1" = --seconds ]; then limits=("-max_total_time=$2"); else limits=("-runs=$2"); fi
            shift
            ;;
        zip | windows | volumes | plan | levels | boundary | steps | audit) targets+=("$1") ;;
        *)
            echo "error: unknown target $1; there are: ${all[*]}" >&2
            exit 2
            ;;
    esac
    shift
done
if [ "${#targets[@]}" -eq 0 ]; then
    targets=("${all[@]}")
fi

# missing MESSAGE: ends the script because a tool is missing.
missing() {
    if "$if_available"; then
        echo "skipped: $1"
        exit 0
    fi
    echo "error: $1" >&2
    exit 1
}

mkdir -p "${CARGO_TARGET_DIR:-target}"
tools="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/tools"
export PATH="$PATH:$tools/bin"

# need PROGRAM PACKAGE: ends the script if the program is missing and cannot be built.
need() {
    if "$install" && ! command -v "$1" >/dev/null; then
        env -u RUSTFLAGS cargo install --locked --root "$tools" "$2" || true
    fi
    command -v "$1" >/dev/null || missing "$1 is not installed (cargo install --locked $2)"
}

cargo "+$toolchain" --version >/dev/null 2>&1 || missing "there is no toolchain $toolchain (rustup toolchain install $toolchain)"
if [ "$what" = coverage ]; then
    need cov "$reader"
else
    need cargo-fuzz "$fuzzer"
fi

# Sixteen codegen units compile in a fraction of the time. The targets have no comparison that
# random inputs cannot pass, so the fuzzer need not trace comparisons. With these flags and options
# it runs four to five times as many inputs per second.
build=(--codegen-units 16 --no-trace-compares)
run=(-max_len=400 -timeout=60 -entropic=0 -print_funcs=0 -reload=0 -print_final_stats=1)
export ASAN_OPTIONS="quarantine_size_mb=16:malloc_context_size=1:detect_stack_use_after_return=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}"

# coverage: builds the targets with coverage, runs them over all inputs, and prints how many lines
# of each file of src/ were reached, and which were not. Test code does not count, and neither do
# lines of macros, which belong to the caller.
coverage() {
    local target inputs show=() built="$PWD/fuzz/target/coverage"
    # Not local, because the trap removes it after the function has ended.
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
    for target in "${targets[@]}"; do
        if ! [ -d "fuzz/corpus/$target" ]; then
            echo "error: fuzz/corpus/$target is missing: run the target first" >&2
            exit 1
        fi
        RUSTFLAGS="-Cinstrument-coverage --cfg fuzzing -Cdebug-assertions -Ccodegen-units=16" CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
            cargo "+$toolchain" build --release --manifest-path fuzz/Cargo.toml --target-dir "$built" --bin "$target"
        # There are too many inputs for one command line.
        find "fuzz/corpus/$target" -type f -print0 |
            LLVM_PROFILE_FILE="$work/$target-%p.profraw" xargs -0 -n 2000 "$built/release/$target" >/dev/null 2>&1
        inputs="$(find "$work" -name "$target-*.profraw" -exec printf -- '--instr-profile\n%s\n' {} +)"
        mapfile -t show <<<"$inputs"
        cov show "${show[@]}" --object "$built/release/$target" >>"$work/lines"
    done
    awk -F'|' '
        /^\// { file = $0; sub(/.*\/src\//, "src/", file); ours = $0 ~ /\/src\/([a-z_]+\/)*[a-z_]+\.rs$/ && $0 !~ /registry|rustc/; next }
        ours && $2 ~ /^ *[0-9]+ *$/ {
            line = $1 + 0; hits[file, line] += $2; text[file, line] = $0; sub(/^[^|]*\|[^|]*\|/, "", text[file, line])
            if (!((file, line) in seen)) { seen[file, line] = 1; lines[file]++; order[file] = order[file] " " line }
        }
        END {
            for (file in lines) {
                missed = 0; list = ""
                n = split(order[file], at, " ")
                for (i = 1; i <= n; i++) if (hits[file, at[i]] == 0) {
                    missed++; list = list sprintf("\n%8d:%s", at[i], text[file, at[i]])
                }
                printf "%s: %d of %d lines, %.1f %%%s\n", file, lines[file] - missed, lines[file], 100 * (lines[file] - missed) / lines[file], list
            }
        }' "$work/lines"
}

if [ "$what" = coverage ]; then
    coverage
    exit 0
fi

for target in "${targets[@]}"; do
    printf '\n== Fuzzing: %s\n' "$target"
    corpus="fuzz/corpus/$target"
    mkdir -p "$corpus"
    if [ "$what" = build ]; then
        cargo "+$toolchain" fuzz build "${build[@]}" "$target"
    else
        cargo "+$toolchain" fuzz run "${build[@]}" "$target" "$corpus" -- "${limits[@]}" "${run[@]}"
    fi
done
