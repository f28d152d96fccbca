#!/usr/bin/env bash
# Runs every example in a directory of its own, with options that take seconds:
#
# - Each example checks its own results and must draw the expected pictures.
# - For bad input, and for a result that contradicts the theory, an example must print one line on
#   stderr and exit with a non-zero status. It must leave every existing file unchanged.
#
#     scripts/examples.sh
#
# After the examples are built, it takes less than a minute.
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

# start: creates a new, empty directory for a run.
start() {
    rm -rf "$work/run"
    mkdir "$work/run"
}

# run EXAMPLE ARGUMENT...: runs the example in that directory, with at most $memory kibibytes of
# memory.
memory=unlimited
run() (
    cd "$work/run"
    exec >"$work/stdout" 2>"$work/stderr"
    # Not all systems have this limit.
    [ "$memory" = unlimited ] || ulimit -v "$memory"
    exec "$target_dir/release/examples/$1" "${@:2}"
)

# starts_with FILE BYTES: checks whether the file begins with these bytes, in hexadecimal digits.
starts_with() {
    [ "$(od -An -v -t x1 -N "$((${#2} / 2))" "$1" 2>/dev/null | tr -d ' \n')" = "$2" ]
}

# draws "PICTURE..." EXAMPLE ARGUMENT...: checks that the example succeeds and writes exactly these
# pictures.
draws() {
    local pictures expected found picture bytes
    read -ra pictures <<<"$1"
    shift
    start
    run "$@" || fail "$*: exit $?"
    expected="$(printf '%s\n' "${pictures[@]}" | sort)"
    found="$(cd "$work/run" && find . -type f | sed 's|^\./||' | sort)"
    [ "$found" = "$expected" ] || fail "$*: the files are: $found"
    for picture in "${pictures[@]}"; do
        case "$picture" in
            *.png) bytes=89504e470d0a1a0a ;;
            *.gif) bytes=474946383961 ;;
        esac
        starts_with "$work/run/$picture" "$bytes" || fail "$*: $picture has the wrong file format"
    done
    printf '%s: %s\n' "$*" "${pictures[*]}"
}

# write_old_files: writes an old file to every place where an example may write one, and input files
# of all kinds.
write_old_files() {
    local name
    mkdir frames filters folder.png folder.png/edges.png
    for name in {gray_scott,heat,wave,life,jacobi,wide_simd}.{png,gif} filters/input.png frames/frame_0000{00,20}.png; do
        echo "old $name" >"$name"
    done
    ln -s heat.png link.png
    ln -s nowhere dangling
    for name in photo filters/edges filters/smooth; do
        cp "$work/inputs/input.png" "$name.png"
    done
    head -c 1000 photo.png >cut.png
    # The pixels have one wrong byte.
    { head -c 500 photo.png && printf X && tail -c +502 photo.png; } >damaged.png
    # A picture of 68 bytes whose header claims 400000×400000 pixels.
    printf '%b' '\x89PNG\r\n\x1a\n' \
        '\0\0\0\x0dIHDR\0\x06\x1a\x80\0\x06\x1a\x80\x08\x02\0\0\0\xea\xf9\x05\x34' \
        '\0\0\0\x0bIDAT\x78\x9c\x63\x60\x40\0\0\0\x0c\0\x01\x7c\x4c\x44\xc2' \
        '\0\0\0\0IEND\xae\x42\x60\x82' >large.png
}

# listing: prints every file, directory and link in the directory of the run, with checksums.
listing() {
    (cd "$work/run" && find . | sort && find . -type f -exec cksum {} + | sort)
}

# refuses CODE "WORDS" EXAMPLE ARGUMENT...: checks that the example exits with that code, prints one
# line that contains the words, and changes no file.
refuses() {
    local expected="$1" words="$2" code=0 lines before
    shift 2
    start
    (cd "$work/run" && write_old_files)
    before="$(listing)"
    run "$@" || code=$?
    lines="$(wc -l <"$work/stderr")"
    [ "$code" -eq "$expected" ] || fail "$*: exit $code instead of $expected"
    [ "$lines" -eq 1 ] || fail "$*: $lines lines on stderr instead of one"
    grep -qF -- "$words" "$work/stderr" || fail "$*: the line does not contain: $words"
    [ "$(listing)" = "$before" ] || fail "$*: files have changed: $(diff <(echo "$before") <(listing))"
    printf '%s: exit %s: %s\n' "$*" "$code" "$(cat "$work/stderr")"
}

# refuses_without_memory KIBIBYTES EXAMPLE ARGUMENT...: checks the same with at most that much
# memory. An allocation that fails would abort the program.
refuses_without_memory() {
    # Not all systems can limit the memory of a program.
    if (ulimit -v "$1") 2>"$work/stderr"; then
        memory="$1"
        refuses 1 "there is no memory" "${@:2}"
        memory=unlimited
    else
        echo "skipped: ${*:2} with $1 KiB of memory: $(cat "$work/stderr")"
    fi
}

draws "gray_scott.png" gray_scott --rows 90 --cols 160 --steps 50
draws "heat.png" heat --intervals 64
draws "heat.png heat.gif" heat --intervals 32 --gif heat.gif
draws "wave.png wave.gif" wave --rows 60 --cols 80 --steps 300 --gif wave.gif --every 10
draws "wave.png" wave --rows 60 --cols 80 --steps 300 --edges free
draws "life.png" life --rows 100 --cols 150 --steps 200
draws "life.png" life --pattern glider --rows 40 --cols 50 --steps 801
draws "life.png life.gif" life --pattern gosper --rows 80 --cols 90 --steps 180 --gif life.gif
draws "filters/input.png filters/edges.png filters/smooth.png" filters --rows 120 --cols 160
# The input files are the results of the last run: one picture in grey and one in colour.
mv "$work/run/filters" "$work/inputs"
draws "out/edges.png out/smooth.png" filters --input "$work/inputs/edges.png" --window 3 --output out
draws "new/out/edges.png new/out/smooth.png" filters --input "$work/inputs/input.png" --window 9 --output new/out
draws "filters/input.png filters/edges.png filters/smooth.png" filters --rows 3 --cols 3 --window 9 --range 0.001
draws "jacobi.png" jacobi --intervals 32
draws "jacobi.png" jacobi --intervals 32 --factor 1.5
draws "wide_simd.png" wide_simd --rows 40 --cols 50 --steps 200
draws "wide_simd.png frames/frame_000000.png frames/frame_000020.png frames/frame_000040.png" \
    wide_simd --rows 20 --cols 20 --steps 40 --frames frames --every 20

# Results that contradict the theory.
refuses 1 "a ratio above 0.25 is not stable" heat --intervals 64 --ratio 0.3 --frames frames --gif heat.gif
refuses 1 "a ratio above 0.25 is not stable" heat --intervals 64 --ratio 0.5 --time 0.2
refuses 1 "a Courant number above 0.7071 is not stable" \
    wave --rows 60 --cols 80 --courant 0.75 --frames frames --every 20 --gif wave.gif
refuses 1 "a Courant number above 0.7071 is not stable" wave --rows 60 --cols 80 --courant 1 --steps 9000 --frames new
refuses 1 "after 100 iterations" jacobi --intervals 32 --most 100
refuses 1 "after 0 iterations" jacobi --intervals 32 --most 0

# Unknown options and invalid values.
refuses 2 "unexpected argument '--windw' found; a similar argument exists: '--window'" filters --windw 5
refuses 2 "a similar value exists: 'gosper'" life --pattern gospr
refuses 2 "'--steps <STEPS>'" wave --steps -1
refuses 2 "'--rows <ROWS>'" life --rows $'1\n\n2'
refuses 2 "an even number" heat --intervals 65
refuses 2 "'--ratio 1e-300' needs" heat --intervals 64 --ratio 1e-300
refuses 2 "a number from 0.001 to 1" wave --courant 1e-300
refuses 2 "an odd side is needed" filters --window 4
refuses 2 "a number from 0.001 to 10" filters --range 1e-30
refuses 2 "a whole number from 1 to 1024" gray_scott --threads 100000
refuses 2 "above 0 and below 2" jacobi --factor 2
refuses 1 "the pattern needs" life --pattern gosper --rows 10 --frames new --gif new.gif

# Pictures that cannot be read.
refuses 1 "cannot read the picture" filters --input none.png
refuses 1 "cannot read the picture" filters --input folder.png
refuses 1 "cannot read the picture" filters --input heat.png --output new
refuses 1 "cannot read the picture" filters --input cut.png
refuses 1 "cannot read the picture" filters --input damaged.png
refuses 1 "there is no memory for a grid of 400000×400000 cells" filters --input large.png

# Paths where a picture cannot be written.
for example in gray_scott heat wave life jacobi wide_simd; do
    refuses 1 "cannot write the picture" "$example" --output folder.png
    refuses 1 "cannot write the picture" "$example" --output missing/picture.png
    refuses 1 "cannot write the picture" "$example" --output "$example.png/picture.png"
    refuses 1 "cannot write the picture" "$example" --output missing.png/
done
for example in gray_scott heat wave life wide_simd; do
    refuses 1 "cannot write the picture" "$example" --gif folder.png --frames new
    refuses 1 "cannot make the directory" "$example" --frames "$example.png" --gif new.gif
    refuses 1 "cannot make the directory" "$example" --frames dangling/new
    refuses 2 "'--gif' and '--output' are the same file" "$example" --gif "./$example.png"
    refuses 2 "'--gif' and '--output' are the same file" "$example" --gif link.png --output heat.png
    refuses 2 "a picture of '--frames'" "$example" --frames frames --output frames/../frames/frame_000020.png
    refuses 2 "'--frames' needs a directory" "$example" --frames new/frames --output new
done
refuses 1 "cannot write the picture" filters --output folder.png
refuses 1 "cannot make the directory" filters --output photo.png
refuses 1 "cannot make the directory" filters --output photo.png/new
refuses 2 "edges.png in '--output' is the same file as the picture of '--input'" filters --input filters/edges.png
refuses 2 "smooth.png in '--output' is the same file" filters --input filters/../filters/smooth.png --output ./filters

# Sizes that exceed the memory.
refuses 1 "there is no memory" gray_scott --rows 1000000000 --cols 1000000000
refuses 1 "there is no memory" gray_scott --rows 1000000 --cols 1000000
for example in wave life wide_simd filters; do
    refuses 2 "a whole number from 3 to 8192" "$example" --rows 1000000000 --cols 1000000000
done
refuses_without_memory 700000 gray_scott --rows 8192 --cols 8192
refuses_without_memory 700000 heat --intervals 8192
refuses_without_memory 700000 wave --rows 8192 --cols 8192
refuses_without_memory 100000 life --rows 8192 --cols 8192
refuses_without_memory 700000 filters --rows 8192 --cols 8192
refuses_without_memory 700000 jacobi --intervals 4096
refuses_without_memory 700000 wide_simd --rows 8192 --cols 8192
echo "All examples draw the expected pictures and reject wrong input."
