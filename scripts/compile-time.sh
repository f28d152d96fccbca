#!/usr/bin/env bash
# Compares the compile times of programs that use this crate with those of the same programs with
# `ndarray::azip!`. There is a program of 50 loops and one of 10 stencils. Prints a table in
# Markdown.
#
#     scripts/compile-time.sh                prints the table
#     scripts/compile-time.sh --check        also fails if a goal is missed
#     scripts/compile-time.sh --rounds 9     runs 9 rounds instead of 5; the best time counts
#     scripts/compile-time.sh --keep DIR     keeps the programs and their builds in DIR
#
# The ratios compare processor time. It depends little on the number of cores and on other programs.
# The table also shows the elapsed time. The dependencies are built in advance, and incremental
# compilation is off. The programs must print the same numbers for all macros, bit for bit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
crate="$PWD"

rounds=5
check=false
keep=""
while [ $# -gt 0 ]; do
    case "$1" in
        --check) check=true ;;
        --rounds) rounds="$2" && shift ;;
        --keep) keep="$2" && shift ;;
        *)
            echo "error: unknown argument $1; see the first lines of $0" >&2
            exit 2
            ;;
    esac
    shift
done

# The goals: the largest ratio to the time with ndarray's macro, and the most seconds for the crate
# itself, without ndarray.
goal_azip=1.3
goal_simd=5
goal_crate=5

if [ -n "$keep" ]; then
    mkdir -p "$keep"
    work="$(cd "$keep" && pwd)"
else
    work="$(mktemp -d)"
    trap 'rm -rf "$work"' EXIT
fi

# --- The programs ---------------------------------------------------------------------------------

# use_line MACRO: prints the `use` line. Programs with loops over arrays differ only in this line.
use_line() {
    case "$1" in
        ndarray) echo "use ndarray::azip;" ;;
        azip) echo "use ndarray_lockstep::{ArrayWindows, azip};" ;;
        simd_azip) echo "use ndarray_lockstep::{ArrayWindows, simd_azip as azip};" ;;
    esac
}

# windows MACRO: prints the call that returns an array's windows of 3×3 cells.
windows() {
    if [ "$1" = ndarray ]; then echo "windows((3, 3))"; else echo "array_windows::<3, 3>()"; fi
}

# varied NUMBER EXPRESSION: prints the expression with a variation, so that no two loops are the
# same.
varied() {
    case "$(($1 / 10 % 5))" in
        0) echo "$2" ;;
        1) echo "($2).abs()" ;;
        2) echo "($2).min(8.0)" ;;
        3) echo "($2).max(-8.0)" ;;
        4) echo "($2).clamp(-4.0, 4.0)" ;;
    esac
}

# plain_loop NUMBER: prints a loop over one to four arrays of one or two dimensions, or over their
# index, parts of arrays, or a sum.
plain_loop() {
    local factor
    factor="0.$((1000 + $1))"
    case "$(($1 % 10))" in
        0) echo "azip!((a in &mut data.a) *a = $(varied "$1" "*a * $factor"));" ;;
        1) echo "azip!((a in &mut data.a, &b in &data.b) *a += $(varied "$1" "$factor * b"));" ;;
        2) echo "azip!((a in &mut data.a, &b in &data.b, &c in &data.c) *a = $(varied "$1" "b + $factor * c"));" ;;
        3) echo "azip!((a in &mut data.a, &b in &data.b, &c in &data.c, &d in &data.d) *a += $(varied "$1" "b + $factor * c * d"));" ;;
        4) echo "azip!((index (i, j), b in &mut data.b) *b = $(varied "$1" "*b - $factor * (i * 3 + j) as f32"));" ;;
        5) echo "azip!((x in &mut data.x, &y in &data.y) *x = $(varied "$1" "$factor * if y > *x { y } else { *x }"));" ;;
        6) echo "azip!((x in &mut data.x, &y in &data.y, &z in &data.z) *x += $(varied "$1" "$factor * (y * y + z * z).sqrt()"));" ;;
        7)
            cat <<RUST
azip!((
        c in data.c.slice_mut(s![1..-1, 1..-1]),
        &left in data.a.slice(s![1..-1, ..-2]),
        &here in data.a.slice(s![1..-1, 1..-1]),
        &right in data.a.slice(s![1..-1, 2..]),
    ) *c = $(varied "$1" "here + $factor * (left - 2.0 * here + right)"));
RUST
            ;;
        8)
            cat <<RUST
let mut sum = 0.0;
    azip!((&y in &data.y, &z in &data.z) sum += $(varied "$1" "$factor * y * z"));
    data.x[0] += sum;
RUST
            ;;
        9) stencil "$1" "$2" ;;
    esac
}

# stencil NUMBER MACRO: prints a loop over windows.
stencil() {
    local factor windows
    factor="0.$((1000 + $1))"
    windows="$(windows "$2")"
    if [ "$(($1 % 2))" -eq 1 ]; then
        cat <<RUST
azip!((d in data.d.slice_mut(s![1..-1, 1..-1]), w in data.c.$windows) {
        let around = w[[0, 1]] + w[[1, 0]] + w[[1, 2]] + w[[2, 1]];
        *d = $(varied "$1" "w[[1, 1]] + $factor * (around - 4.0 * w[[1, 1]])");
    });
RUST
    else
        cat <<RUST
azip!((
        u in data.a.slice_mut(s![1..-1, 1..-1]),
        v in data.b.slice_mut(s![1..-1, 1..-1]),
        w in data.c.$windows,
        x in data.d.$windows,
    ) {
        let reaction = w[[1, 1]] * x[[1, 1]] * x[[1, 1]];
        *u = $(varied "$1" "$factor * (w[[0, 1]] + w[[1, 0]] + w[[1, 2]] + w[[2, 1]]) - reaction");
        *v = $(varied "$1" "$factor * (x[[0, 1]] + x[[1, 0]] + x[[1, 2]] + x[[2, 1]]) + reaction");
    });
RUST
    fi
}

# program LOOP COUNT MACRO: prints a program of COUNT loops that prints their results.
program() {
    local number
    echo "use ndarray::{Array1, Array2, s};"
    use_line "$3"
    cat <<'RUST'

struct Data { a: Array2<f32>, b: Array2<f32>, c: Array2<f32>, d: Array2<f32>, x: Array1<f64>, y: Array1<f64>, z: Array1<f64> }
RUST
    for ((number = 0; number < $2; number++)); do
        printf '\nfn loop_%d(data: &mut Data) {\n    %s\n}\n' "$number" "$("$1" "$number" "$3")"
    done
    cat <<'RUST'

fn main() {
    let table = |seed: usize| Array2::from_shape_fn((13, 37), |(i, j)| ((i * 5 + j * 3 + seed) % 11) as f32 * 0.25 - 1.0);
    let line = |seed: usize| Array1::from_shape_fn(101, |i| ((i * 7 + seed) % 13) as f64 * 0.25 - 1.0);
    let mut data = Data { a: table(1), b: table(2), c: table(3), d: table(4), x: line(1), y: line(2), z: line(3) };
RUST
    for ((number = 0; number < $2; number++)); do
        echo "    loop_$number(&mut data);"
    done
    cat <<'RUST'
    for table in [&data.a, &data.b, &data.c, &data.d] {
        println!("{:08x}", table.iter().fold(0_u32, |bits, cell| bits.rotate_left(5) ^ cell.to_bits()));
    }
    println!("{:016x}", data.x.iter().fold(0_u64, |bits, cell| bits.rotate_left(5) ^ cell.to_bits()));
}
RUST
}

macros=(ndarray azip simd_azip)
programs=(loops stencils)
for macro in "${macros[@]}"; do
    for name in "${programs[@]}"; do
        mkdir -p "$work/$name-$macro/src"
        cat >"$work/$name-$macro/Cargo.toml" <<TOML
[package]
name = "$name-$macro"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
ndarray = "0.17.1"
ndarray-lockstep = { path = "$crate" }
TOML
    done
    program plain_loop 50 "$macro" >"$work/loops-$macro/src/main.rs"
    program stencil 10 "$macro" >"$work/stencils-$macro/src/main.rs"
done
printf '[workspace]\nresolver = "3"\nmembers = ["loops-*", "stencils-*"]\n' >"$work/Cargo.toml"
# Uses the versions of the dependencies in our lock file. Cargo removes what these programs do not
# need.
[ ! -f "$crate/Cargo.lock" ] || cp "$crate/Cargo.lock" "$work/Cargo.lock"

# --- The measurement ------------------------------------------------------------------------------

export CARGO_INCREMENTAL=0 CARGO_TERM_COLOR=never CARGO_TARGET_DIR="$work/target"
unset CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER
log="$work/log"
times="$work/times"
: >"$times"
cd "$work"

# cargo_quietly ARGUMENT...: runs cargo and prints its output only if it fails.
cargo_quietly() {
    cargo "$@" --quiet >"$log" 2>&1 || { cat "$log" >&2 && exit 1; }
}

# timed KEY ARGUMENT...: runs cargo and records its processor time and elapsed time under KEY.
timed() {
    local key="$1"
    shift
    local TIMEFORMAT='%R %U %S'
    { time cargo_quietly "$@"; } 2>"$work/time"
    awk -v key="$key" '{ printf "%s %.2f %.2f\n", key, $2 + $3, $1 }' "$work/time" >>"$times"
}

modes=("check" "build" "build --release")
echo "building the dependencies ..." >&2
for mode in "${modes[@]}"; do
    # shellcheck disable=SC2086 # a mode is a command and its option
    cargo_quietly $mode
done
for name in "${programs[@]}"; do
    "target/release/$name-ndarray" >"$work/expected"
    for macro in azip simd_azip; do
        "target/release/$name-$macro" | cmp - "$work/expected" || {
            echo "error: $name: $macro! computes other numbers than ndarray's azip!" >&2
            exit 1
        }
        "target/debug/$name-$macro" | cmp - "$work/expected"
    done
done

for ((round = 1; round <= rounds; round++)); do
    echo "round $round of $rounds ..." >&2
    for mode in "${modes[@]}"; do
        option="${mode#build}"
        cargo_quietly clean -p ndarray-lockstep ${option:+${option#check}}
        # shellcheck disable=SC2086
        timed "${mode// /_}/crate" $mode -p ndarray-lockstep
        for name in "${programs[@]}"; do
            for macro in "${macros[@]}"; do
                touch "$name-$macro/src/main.rs"
                # shellcheck disable=SC2086
                timed "${mode// /_}/$name-$macro" $mode -p "$name-$macro"
            done
        done
    done
done

# --- The table ------------------------------------------------------------------------------------

printf '%s, the best of %d\n\n' "$(rustc --version)" "$rounds"
# There is one line per mode and compiled program. The goals apply to the 50 loops. The stencils
# have none.
awk -v goal_azip="$goal_azip" -v goal_simd="$goal_simd" -v goal_crate="$goal_crate" '
    !($1 in cpu) || $2 < cpu[$1] { cpu[$1] = $2 }
    !($1 in clock) || $3 < clock[$1] { clock[$1] = $3 }
    function verdict(value, goal) {
        if (value <= goal) return "met"
        missed = 1
        return "**missed**"
    }
    function line(mode, what, key, base, goal,    ratio) {
        printf "| `cargo %s` | %s | %.2f s | %.2f s |", mode, what, cpu[key], clock[key]
        if (base == "") {
            printf " |"
        } else {
            ratio = cpu[key] / cpu[base]
            printf " %.2f |", ratio
        }
        if (goal == "") printf " |\n"
        else if (base == "") printf " at most %s s: %s |\n", goal, verdict(cpu[key], goal)
        else printf " at most %s: %s |\n", goal, verdict(ratio, goal)
    }
    END {
        print "| | compiled | processor time | on the clock | against `ndarray::azip!` | goal |"
        print "|---|---|---|---|---|---|"
        split("check,build,build --release", modes, ",")
        for (m = 1; m <= 3; m++) {
            mode = modes[m]
            key = mode
            gsub(/ /, "_", key)
            line(mode, "ndarray-lockstep itself", key "/crate", "", goal_crate)
            line(mode, "50 loops, `ndarray::azip!`", key "/loops-ndarray", "", "")
            line(mode, "50 loops, `azip!`", key "/loops-azip", key "/loops-ndarray", goal_azip)
            line(mode, "50 loops, `simd_azip!`", key "/loops-simd_azip", key "/loops-ndarray", goal_simd)
            line(mode, "10 stencils, `ndarray::azip!`", key "/stencils-ndarray", "", "")
            line(mode, "10 stencils, `azip!`", key "/stencils-azip", key "/stencils-ndarray", "")
            line(mode, "10 stencils, `simd_azip!`", key "/stencils-simd_azip", key "/stencils-ndarray", "")
        }
        exit missed
    }
' "$times" >"$work/table" && missed=false || missed=true
cat "$work/table"
if "$missed" && "$check"; then
    echo "error: a goal is missed" >&2
    exit 1
fi
