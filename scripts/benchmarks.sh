#!/usr/bin/env bash
# The benchmark report: measures everything anew, on this machine, in at most 15 minutes on two cores.
#
#     scripts/benchmarks.sh                       writes docs/benchmarks.md, its pictures, and the table of README.md
#     scripts/benchmarks.sh --readme-only         writes the table of README.md from the report that is there
#     scripts/benchmarks.sh --quick DIRECTORY     a few sizes and turns without Python, into DIRECTORY: to see whether it works
#
# It needs Rust. With a C compiler the loops are compared with C; with a Python 3 that reaches PyPI, Halide, Numba and SciPy are installed
# into an environment of their own, target/benchmarks-python. What is missing the report says. Close other programs first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

quick=""
case "${1-}" in
    "") ;;
    --quick)
        quick="${2-}"
        [ -n "$quick" ] || { echo "error: --quick needs a directory to write to" >&2; exit 2; }
        ;;
    --readme-only)
        export CARGO_PROFILE_BENCH_DEBUG=false
        exec cargo bench --features rayon --bench report -- --output "$PWD/docs" --readme "$PWD/README.md" --readme-only
        ;;
    *)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac

target="${CARGO_TARGET_DIR:-target}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# Debug information of benchmarks is for profilers.
export CARGO_PROFILE_BENCH_DEBUG=false

# stage TITLE: says what happens now.
stage() {
    printf '== %s (%d s)\n' "$1" "$SECONDS"
}

# Makes the Python with its libraries: of those that cannot be installed the report says that they are missing.
make_python() {
    local library
    command -v python3 >/dev/null || { echo "there is no python3"; return 1; }
    [ -x "$target/benchmarks-python/bin/python" ] || python3 -m venv "$target/benchmarks-python" ||
        { echo "python3 -m venv fails"; return 1; }
    for library in numpy scipy numba halide; do
        "$target/benchmarks-python/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: \
            --timeout 15 --retries 1 "$library" || echo "$library is not installed"
    done
}

stage "Build"
python=""
if [ -z "$quick" ]; then
    make_python >"$work/python" 2>&1 &
    python=$!
fi
cargo bench --features rayon --bench report --no-run
if [ -n "$python" ]; then
    if wait "$python"; then
        arguments=(--python "$target/benchmarks-python/bin/python")
    else
        arguments=(--without-python "$(tail -n 1 "$work/python")")
    fi
    cat "$work/python"
fi

if [ -n "$quick" ]; then
    stage "Measurements"
    mkdir -p "$quick"
    # Where cargo runs benchmarks is not where this was called.
    cargo bench --features rayon --bench report -- --quick --output "$(cd "$quick" && pwd)" \
        --without-python "a quick run does without"
    exit
fi

if [ -x scripts/compile-time.sh ]; then
    stage "Compile time"
    if scripts/compile-time.sh --rounds 3 >"$work/compile-times"; then
        arguments+=(--compile-times "$work/compile-times")
    else
        echo "scripts/compile-time.sh fails: the report does without" >&2
    fi
fi
stage "Measurements"
cargo bench --features rayon --bench report -- --output "$PWD/docs" --readme "$PWD/README.md" "${arguments[@]}"
printf 'docs/benchmarks.md and README.md are written, after %d s.\n' "$SECONDS"
