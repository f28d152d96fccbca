#!/usr/bin/env bash
# Plants the bugs of tests/planted, one at a time, and sees that a check fails for each.
#
#     scripts/planted-bugs.sh                  all of them
#     scripts/planted-bugs.sh 07 merges        those that have one of the numbers, or one of the words in their file names
#     scripts/planted-bugs.sh --check [...]    only whether every patch still applies, and names its checks
#
# A patch begins with lines of text, which `git apply` skips:
#
#     Promise: what the code promises, by the numbers of src/soundness.rs
#     Bug: what the patch does to it
#     Hangs: yes                               if a check that runs for five minutes has caught it, too
#     Caught by: test --test guarantees promise_4_no_aliasing
#     Why: what Miri says is wrong in that test, where a check is Miri's: it is installed on few machines, so that most
#         changes of such a test are made without it
#
# and every `Caught by` is one of
#
#     test ARGUMENT...        `cargo test` with these arguments fails. Without the patch it passes and runs a test; with it, it builds.
#     build ARGUMENT...       `cargo build` with these arguments fails, and passes without the patch.
#     miri test ARGUMENT...   as `test`, under Miri.
#     asan test ARGUMENT...   as `test`, under AddressSanitizer.
#
# Works on a copy of the working tree, and leaves the tree alone. TOOLCHAIN names another toolchain than `nightly` for the last two
# kinds; where it is missing they are skipped, and a bug that only they catch is reported so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec </dev/null

toolchain="${TOOLCHAIN:-nightly}"
limit=300

only_check=false
words=()
for argument in "$@"; do
    case "$argument" in
        --check) only_check=true ;;
        -*)
            echo "error: unknown option $argument" >&2
            exit 2
            ;;
        *) words+=("$argument") ;;
    esac
done

# is_wanted NAME: whether a patch is one of those that are asked for.
is_wanted() {
    local word
    [ "${#words[@]}" -eq 0 ] && return
    for word in "${words[@]}"; do
        if [[ "$word" =~ ^[0-9]+$ ]]; then
            [[ "$1" == "$word"-* ]] && return
        else
            [[ "$1" == *"$word"* ]] && return
        fi
    done
    return 1
}

# In the order of their numbers.
patches=()
while read -r name; do
    is_wanted "$name" && patches+=("tests/planted/$name")
done < <(cd tests/planted && printf '%s\n' *.patch | sort -n)
if [ "${#patches[@]}" -eq 0 ]; then
    echo "error: no patch of tests/planted is named so" >&2
    exit 2
fi

# field NAME PATCH: the lines of a patch's head with that name.
field() {
    sed -n -e '/^diff /q' -e "s/^$1: //p" "$2"
}

if "$only_check"; then
    wrong=0
    for patch in "${patches[@]}"; do
        if ! git apply --check "$patch"; then
            echo "$patch: does not apply"
            wrong=$((wrong + 1))
        fi
        for name in Promise Bug "Caught by"; do
            if [ -z "$(field "$name" "$patch")" ]; then
                echo "$patch: has no line '$name: ...'"
                wrong=$((wrong + 1))
            fi
        done
        if field "Caught by" "$patch" | grep -Ev '^((miri |asan )?test|build) [A-Za-z0-9_:/. -]+$'; then
            echo "$patch: is caught by what is no check"
            wrong=$((wrong + 1))
        fi
        if field "Caught by" "$patch" | grep -q '^miri ' && [ -z "$(field Why "$patch")" ]; then
            echo "$patch: has no line 'Why: ...', though Miri catches it"
            wrong=$((wrong + 1))
        fi
    done
    echo "${#patches[@]} planted bugs, $wrong errors"
    [ "$wrong" -eq 0 ]
    exit
fi

target_dir="$(mkdir -p "${CARGO_TARGET_DIR:-target}/planted-bugs" && cd "${CARGO_TARGET_DIR:-target}/planted-bugs" && pwd)"
export CARGO_TARGET_DIR="$target_dir/build" CARGO_TERM_COLOR=never CARGO_INCREMENTAL=1 CARGO_PROFILE_DEV_DEBUG=0 RUST_BACKTRACE=0
log="$target_dir/log"
# Always at the same path, so that what does not change is not built again.
tree="$target_dir/tree"
repository="$PWD"
trap 'rm -rf "$tree"' EXIT
rm -rf "$tree"
mkdir -p "$tree"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
    if [ -e "$file" ]; then
        printf '%s\0' "$file"
    fi
done | tar -cf - --null -T - | tar -xf - -C "$tree"
# The versions that the tree is tested with.
if [ -e Cargo.lock ]; then
    cp Cargo.lock "$tree/Cargo.lock"
fi
cd "$tree"
# The copy may lie inside of the repository, and patches are of the copy.
export GIT_CEILING_DIRECTORIES="$target_dir"

# available KIND: whether what a kind of check needs is there.
available() {
    case "$1" in
        miri) cargo "+$toolchain" miri --version >/dev/null 2>&1 ;;
        asan) cargo "+$toolchain" --version >/dev/null 2>&1 && [ "$(uname -sm)" = "Linux x86_64" ] ;;
        *) true ;;
    esac
}

# cargo_for CHECK [ARGUMENT...]: runs cargo for a check, with further arguments.
cargo_for() {
    local check more="${*:2}"
    read -ra check <<<"$1"
    case "${check[0]}" in
        test | build) cargo "${check[@]}" $more ;;
        miri) MIRIFLAGS="-Zmiri-strict-provenance" cargo "+$toolchain" "${check[@]}" $more ;;
        asan)
            RUSTFLAGS="-Zsanitizer=address" ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1" \
                cargo "+$toolchain" "${check[@]:1}" --target x86_64-unknown-linux-gnu $more
            ;;
    esac
}

# builds CHECK: whether the tests of a check build. Those of documentation are built as they are run.
builds() {
    case "$1" in
        *"test --doc"*) cargo build >"$log" 2>&1 ;;
        "miri "*) true ;;
        *) cargo_for "$1" --no-run >"$log" 2>&1 ;;
    esac
}

# passes CHECK: 0 if it passes, 124 if it takes too long.
passes() {
    export -f cargo_for
    export toolchain
    # A walk that never ends may keep all its items.
    local memory=unlimited
    [[ "$1" == "test "* ]] && memory=8000000
    (
        ulimit -v "$memory"
        exec timeout --kill-after=10 "$limit" bash -c 'cargo_for "$1"' check "$1"
    ) >"$log" 2>&1
}

failed=0
declare -A passed_before=()

# --- Without any bug: every check passes ------------------------------------------------------------------------------

for patch in "${patches[@]}"; do
    while read -r check; do
        [ -n "${passed_before[$check]:-}" ] && continue
        if ! available "${check%% *}"; then
            passed_before[$check]=skipped
            continue
        fi
        echo "without a bug: cargo $check"
        if [[ "$check" == build* ]]; then
            cargo_for "$check" >"$log" 2>&1 && passed_before[$check]=yes
        elif builds "$check" && passes "$check"; then
            ran="$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum + 0 }')"
            [ "$ran" -gt 0 ] && passed_before[$check]=yes
        fi
        if [ -z "${passed_before[$check]:-}" ]; then
            passed_before[$check]=no
            echo "error: it fails, or runs no test"
            tail -n 20 "$log"
            failed=$((failed + 1))
        fi
    done < <(field "Caught by" "$repository/$patch")
done

# --- With one bug at a time: they fail ---------------------------------------------------------------------------------

# verdict CHECK HANGS: what a check says of the bug that is planted.
verdict() {
    local code=0
    case "${passed_before[$1]:-no}" in
        skipped) echo "skipped: needs ${1%% *}" && return ;;
        no) echo "ERROR: fails without the bug" && return ;;
    esac
    if [[ "$1" == build* ]]; then
        if ! cargo build >"$log" 2>&1; then
            echo "ERROR: the crate does not build"
        elif cargo_for "$1" >"$log" 2>&1; then
            echo "MISSED"
        else
            echo "caught"
        fi
        return
    fi
    if ! builds "$1"; then
        echo "ERROR: does not build"
        return
    fi
    passes "$1" || code=$?
    case "$code" in
        0) echo "MISSED" ;;
        124 | 137) if [ "$2" = yes ]; then echo "caught, hangs"; else echo "ERROR: hangs"; fi ;;
        *) echo "caught" ;;
    esac
}

table=()
caught=0
for patch in "${patches[@]}"; do
    name="$(basename "$patch" .patch)"
    if ! git apply --check "$repository/$patch" 2>"$log"; then
        table+=("$name|ERROR: does not apply|")
        failed=$((failed + 1))
        continue
    fi
    git apply "$repository/$patch"
    is_caught=false
    while read -r check; do
        result="$(verdict "$check" "$(field Hangs "$repository/$patch")")"
        echo "$name: $result: $check"
        table+=("$name|$result|$check")
        case "$result" in
            caught*) is_caught=true ;;
            skipped*) ;;
            *)
                failed=$((failed + 1))
                grep -E '^error' "$log" | head -n 5 || true
                ;;
        esac
    done < <(field "Caught by" "$repository/$patch")
    "$is_caught" && caught=$((caught + 1))
    git apply --reverse "$repository/$patch"
done

printf '\n'
printf '%s\n' "${table[@]}" | awk -F'|' '{ printf "%-48s %-28s %s\n", $1, $2, $3 }'
printf '\n%d of %d planted bugs caught in %d minutes, %d errors\n' "$caught" "${#patches[@]}" "$((SECONDS / 60))" "$failed"
[ "$failed" -eq 0 ]
