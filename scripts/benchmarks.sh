#!/usr/bin/env bash
# Writes the benchmark report. Measures everything again on this machine, in at most 15 minutes on
# two cores.
#
#     scripts/benchmarks.sh                       writes docs/benchmarks.md and README.md's table
#     scripts/benchmarks.sh --readme-only         writes README.md's table from the old report
#     scripts/benchmarks.sh --quick DIRECTORY     a short test run into DIRECTORY, without Python
#
# It needs Rust. With a C compiler the loops are compared with C. With Python 3 and access to PyPI,
# it installs Halide, Numba and SciPy into an environment of their own, target/benchmarks-python.
# The report lists what is missing. Close other programs first.
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

# Absolute: cargo runs benchmarks in the folder `benches`.
mkdir -p "${CARGO_TARGET_DIR:-target}"
target="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# The debug information of benchmarks is only for profilers.
export CARGO_PROFILE_BENCH_DEBUG=false

# stage TITLE: prints the current stage and the time so far.
stage() {
    printf '== %s (%d s)\n' "$1" "$SECONDS"
}

# Creates the Python environment with its libraries. The report lists libraries that cannot be
# installed.
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
    cargo bench --features rayon --bench report -- --quick --output "$(cd "$quick" && pwd)" \
        --without-python "a quick run does without"
    exit
fi

stage "Compile time"
if scripts/compile-time.sh --rounds 3 >"$work/compile-times"; then
    arguments+=(--compile-times "$work/compile-times")
else
    echo "scripts/compile-time.sh fails: the report has no compile times" >&2
fi
stage "Measurements"
cargo bench --features rayon --bench report -- --output "$PWD/docs" --readme "$PWD/README.md" "${arguments[@]}"
printf 'docs/benchmarks.md and README.md are written, after %d s.\n' "$SECONDS"
