#!/usr/bin/env bash
# Runs every example in a directory of its own, with options that take seconds: each checks its results by itself, and has to draw
# the pictures that it promises. Where theory is left on purpose, it has to say so.
#
#     scripts/examples.sh
#
# When the examples are built, it takes less than a minute.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo build --release --examples
target_dir="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

fail() {
    echo "error: $*" >&2
    cat "$work/stdout" "$work/stderr" >&2
    exit 1
}

# run EXAMPLE ARGUMENT...: runs it in a new and empty directory.
run() {
    rm -rf "$work/run"
    mkdir "$work/run"
    (cd "$work/run" && "$target_dir/release/examples/$1" "${@:2}") >"$work/stdout" 2>"$work/stderr"
}

# starts_with FILE BYTES: whether the file begins with these, in hexadecimal digits.
starts_with() {
    [ "$(od -An -v -t x1 -N "$((${#2} / 2))" "$1" 2>/dev/null | tr -d ' \n')" = "$2" ]
}

# draws "PICTURE..." EXAMPLE ARGUMENT...: it succeeds, and the pictures are there, and nothing else.
draws() {
    local pictures expected found picture bytes
    read -ra pictures <<<"$1"
    shift
    run "$@" || fail "$*: exit $?"
    expected="$(printf '%s\n' "${pictures[@]}" | sort)"
    found="$(cd "$work/run" && find . -type f | sed 's|^\./||' | sort)"
    [ "$found" = "$expected" ] || fail "$*: there are the files: $found"
    for picture in "${pictures[@]}"; do
        case "$picture" in
            *.png) bytes=89504e470d0a1a0a ;;
            *.gif) bytes=474946383961 ;;
        esac
        starts_with "$work/run/$picture" "$bytes" || fail "$*: $picture is no picture of its kind"
    done
    printf '%s: %s\n' "$*" "${pictures[*]}"
}

# refuses CODE "WORDS" EXAMPLE ARGUMENT...: it ends with that code, and its last line has the words.
refuses() {
    local expected="$1" words="$2" code=0
    shift 2
    run "$@" || code=$?
    [ "$code" -eq "$expected" ] || fail "$*: exit $code for $expected"
    tail -n 1 "$work/stderr" | grep -qF -- "$words" || fail "$*: it does not say: $words"
    printf '%s: exit %s: %s\n' "$*" "$code" "$(tail -n 1 "$work/stderr")"
}

draws "gray_scott.png" gray_scott --rows 90 --cols 160 --steps 50
draws "heat.png" heat --intervals 64
draws "heat.png heat.gif" heat --intervals 32 --gif heat.gif
refuses 1 "a ratio above 0.25 is not stable" heat --intervals 64 --ratio 0.3
refuses 2 "an even number" heat --intervals 65
draws "wave.png wave.gif" wave --rows 60 --cols 80 --steps 300 --gif wave.gif --every 10
draws "wave.png" wave --rows 60 --cols 80 --steps 300 --edges free
refuses 1 "a Courant number above 0.7071 is not stable" wave --rows 60 --cols 80 --courant 0.75
draws "life.png" life --rows 100 --cols 150 --steps 200
draws "life.png" life --pattern glider --rows 40 --cols 50 --steps 801
draws "life.png life.gif" life --pattern gosper --rows 80 --cols 90 --steps 180 --gif life.gif
refuses 1 "the pattern needs" life --pattern gosper --rows 10
draws "filters/input.png filters/edges.png filters/smooth.png" filters --rows 120 --cols 160
# What the last run has written: a picture in grey, and one in colour.
mv "$work/run/filters" "$work/inputs"
draws "out/edges.png out/smooth.png" filters --input "$work/inputs/edges.png" --window 3 --output out
draws "out/edges.png out/smooth.png" filters --input "$work/inputs/input.png" --window 9 --output out
refuses 1 "cannot read the picture" filters --input none.png
refuses 1 "choose an odd side" filters --rows 20 --cols 20 --window 4
draws "jacobi.png" jacobi --intervals 32
draws "jacobi.png" jacobi --intervals 32 --factor 1.5
refuses 1 "after 100 iterations" jacobi --intervals 32 --most 100
draws "wide_simd.png" wide_simd --rows 40 --cols 50 --steps 200
draws "wide_simd.png frames/frame_000000.png frames/frame_000020.png frames/frame_000040.png" \
    wide_simd --rows 20 --cols 20 --steps 40 --frames frames --every 20
echo "All examples have drawn what they promise."
