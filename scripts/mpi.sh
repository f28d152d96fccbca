#!/usr/bin/env bash
# Tests the MPI example, examples/gray_scott_mpi: format, clippy, unit tests, and pictures. The
# pictures must be the same byte for byte on 1, 2, 3 and 4 ranks and in the example gray_scott.
#
#     scripts/mpi.sh                     runs all tests
#     scripts/mpi.sh --if-available      if there is no MPI, prints that and succeeds
#     scripts/mpi.sh --install           first installs MPI and libclang with apt-get, as root
#
# It needs an MPI with its compiler wrapper and launcher (mpicc, mpirun), and libclang to read MPI's
# header. MPIRUN selects another launcher, with its options.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(libopenmpi-dev openmpi-bin clang libclang-dev)

if_available=false
install=false
for argument in "$@"; do
    case "$argument" in
        --if-available) if_available=true ;;
        --install) install=true ;;
        *)
            echo "error: unknown option $argument; there are: --if-available --install" >&2
            exit 2
            ;;
    esac
done

# reason_to_skip: prints what is missing, or nothing.
reason_to_skip() {
    local program
    # bindgen needs clang to find the system's headers.
    for program in mpicc mpirun clang; do
        if ! command -v "$program" >/dev/null; then
            echo "$program is not installed (apt-get install ${packages[*]})"
            return
        fi
    done
}

if "$install" && [ -n "$(reason_to_skip)" ]; then
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        start=$SECONDS
        # If the installation fails, the reason is printed next.
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends "${packages[@]}"; } \
            >/dev/null || true
        printf -- '-- installation of MPI: %d s\n' "$((SECONDS - start))"
    else
        echo "MPI is not installed: that needs apt-get and root"
    fi
fi

reason="$(reason_to_skip)"
if [ -n "$reason" ]; then
    if "$if_available"; then
        echo "skipped: MPI: $reason"
        exit 0
    fi
    echo "error: $reason" >&2
    exit 1
fi

mkdir -p "${CARGO_TARGET_DIR:-target}"
target_dir="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# The package is built separately, because the workspace does not contain its dependencies.
mpi=(--manifest-path examples/gray_scott_mpi/Cargo.toml)
mpi_build=("${mpi[@]}" --target-dir "$target_dir/mpi")
export CARGO_INCREMENTAL=0

# Open MPI requires explicit permission to run as root and to use more ranks than cores. MPICH
# ignores these variables.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe
read -ra launcher <<<"${MPIRUN:-mpirun}"

fail() {
    echo "error: $*" >&2
    exit 1
}

# ranks NUMBER ARGUMENT...: runs the program for at most a minute. Ranks that wait for each other
# would never end.
ranks() {
    local number="$1"
    shift
    timeout 60 "${launcher[@]}" -n "$number" "$target_dir/mpi/release/gray-scott-mpi" "$@"
}

printf '\n== MPI: form and unit tests\n'
cargo fmt "${mpi[@]}" --check
cargo clippy "${mpi_build[@]}" --all-targets -- -D warnings
cargo test "${mpi_build[@]}"

printf '\n== MPI: the same pictures on any number of ranks\n'
cargo build "${mpi_build[@]}" --release
cargo build --release --example gray_scott
gray_scott="$target_dir/release/examples/gray_scott"

# compare ROWS COLS STEPS BOUNDARY DEPTH: checks that 1, 2, 3 and 4 ranks give the same picture and
# the same bits of both fields as gray_scott.
compare() {
    local rows="$1" cols="$2" steps="$3" boundary="$4" depth="$5" number
    local grid=(--rows "$rows" --cols "$cols" --steps "$steps")
    printf '%s×%s cells, %s steps, boundary %s, depth %s: ' "$rows" "$cols" "$steps" "$boundary" "$depth"
    "$gray_scott" "${grid[@]}" --boundary "$boundary" --output "$work/alone.png" >"$work/out"
    sed -n '/^Fingerprints: /p' "$work/out" >"$work/alone.txt"
    [ -s "$work/alone.txt" ] || fail "gray_scott prints no fingerprints"
    for number in 1 2 3 4; do
        ranks "$number" "${grid[@]}" --boundary "$boundary" --depth "$depth" --output "$work/$number.png" >"$work/out"
        sed -n '/^Fingerprints: /p' "$work/out" >"$work/$number.txt"
        cmp "$work/alone.png" "$work/$number.png" || fail "$number ranks draw another picture than gray_scott"
        cmp "$work/alone.txt" "$work/$number.txt" || fail "$number ranks have other fields than gray_scott"
    done
    cat "$work/alone.txt"
}
compare 90 160 500 constant 4
# These messages are too large to be sent before the receiver is ready.
compare 700 1001 40 constant 16
compare 12 13 30 constant 1
# The sides are odd, and the number of steps is no multiple of the depth. At the end the pattern has
# reached the edges. Before that, all rules would give the same result.
for boundary in constant edge reflect symmetric wrap; do
    compare 31 43 501 "$boundary" 7
done
# Blocks with a single row or column.
compare 1 4 20 reflect 1

# refuses CODE NUMBER WORDS ARGUMENT...: checks that bad input gives one line with the words, and
# that exit code, on NUMBER ranks.
refuses() {
    local code="$1" number="$2" words="$3" got=0 lines
    shift 3
    ranks "$number" "$@" >"$work/out" 2>"$work/err" || got=$?
    # The launcher prints a paragraph of its own, which does not count.
    lines="$(grep -c '^error: ' "$work/err" || true)"
    printf '%s: exit %s: %s\n' "$*" "$got" "$(grep '^error: ' "$work/err" || true)"
    [ "$got" -eq "$code" ] || fail "exit $got instead of $code"
    [ "$lines" -eq 1 ] || fail "$lines lines instead of one"
    grep -qF -- "$words" "$work/err" || fail "the line does not contain: $words"
}
printf '\n== MPI: bad input\n'
refuses 2 4 "'--rows <ROWS>': a whole number from 1" --rows 0
refuses 2 2 "'--depth <DEPTH>': a whole number from 1" --depth 0
refuses 2 2 "'cliff' for '--boundary <BOUNDARY>'" --boundary cliff
refuses 1 4 "4 ranks cannot share 9×9 cells" --rows 9 --cols 9 --depth 5
refuses 1 3 "cannot write the picture" --output "$work/missing/picture.png"
refuses 1 2 "has no memory" --rows 2000000000 --cols 2000000000

printf '\nMPI: all tests passed\n'
