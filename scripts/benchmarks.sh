#!/usr/bin/env bash
# Writes the benchmark report. Measures everything again on this machine, in at most 20 minutes on
# two cores.
#
#     scripts/benchmarks.sh                       writes docs/benchmarks.md and README.md's table
#     scripts/benchmarks.sh --readme-only         writes README.md's table from the old report
#     scripts/benchmarks.sh --scaling             prints only the table of 1 to 16 threads
#     scripts/benchmarks.sh --quick DIRECTORY     a short test run into DIRECTORY
#
# It needs Rust. With a C compiler the loops are compared with C, on several threads with OpenMP.
# With Python 3 and access to PyPI, it installs Halide, Numba, pystencils, Devito and SciPy into an
# environment of their own, target/benchmarks-python. The report lists what is missing. Close other
# programs first.
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
    --scaling)
        export CARGO_PROFILE_BENCH_DEBUG=false
        exec cargo bench --features rayon --bench report -- --scaling
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

# The versions that the report has been made with. numpy's is one that all others accept. py-cpuinfo
# is how pystencils finds the instruction sets of the machine.
libraries=(numpy==2.4.3 scipy==1.17.1 numba==0.68.1 halide==21.0.0 py-cpuinfo==9.0.0 pystencils==2.0 devito==4.8.23)

# Creates the Python environment with its libraries. The report lists libraries that cannot be
# installed.
make_python() {
    local python="$target/benchmarks-python/bin/python" library
    command -v python3 >/dev/null || { echo "there is no python3"; return 1; }
    [ -x "$python" ] || python3 -m venv "$target/benchmarks-python" || { echo "python3 -m venv fails"; return 1; }
    for library in "${libraries[@]}"; do
        # Nothing is compiled here: cgen and codepy, which Devito needs, are Python.
        "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-binary cgen,codepy \
            --timeout 15 --retries 1 "$library" || echo "$library is not installed"
        # Without the first one, none of the others is of any use, and PyPI is out of reach.
        "$python" -c "import numpy" || { echo "numpy is not installed"; return 1; }
    done
}

stage "Build"
make_python >"$work/python" 2>&1 &
python=$!
cargo bench --features rayon --bench report --no-run
if wait "$python"; then
    arguments=(--python "$target/benchmarks-python/bin/python")
else
    arguments=(--without-python "$(tail -n 1 "$work/python")")
fi
cat "$work/python"

if [ -n "$quick" ]; then
    stage "Measurements"
    mkdir -p "$quick"
    cargo bench --features rayon --bench report -- --quick --output "$(cd "$quick" && pwd)" "${arguments[@]}"
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
