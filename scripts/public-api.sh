#!/usr/bin/env bash
# Compares what other crates can reach of this one with the committed list, tools/api-listing/ndarray-lockstep.txt.
#
#     scripts/public-api.sh                      fails if an item has appeared or disappeared
#     scripts/public-api.sh --update             writes the list
#     scripts/public-api.sh --if-available [...] the same; without the toolchain, prints so and succeeds
#
# Needs nightly Rust, whose rustdoc lists items as JSON; TOOLCHAIN names another toolchain than `nightly`. The list has hidden items
# (`#[doc(hidden)]`), the items of traits, public fields and implementations, with all features of the crate.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
list=tools/api-listing/ndarray-lockstep.txt

update=false
if_available=false
for argument in "$@"; do
    case "$argument" in
        --update) update=true ;;
        --if-available) if_available=true ;;
        *)
            echo "error: unknown option $argument; there are --update and --if-available" >&2
            exit 2
            ;;
    esac
done

if ! rustdoc "+$toolchain" --version >/dev/null 2>&1; then
    message="there is no toolchain $toolchain (rustup toolchain install $toolchain)"
    if "$if_available"; then
        echo "skipped: $message"
        exit 0
    fi
    echo "error: $message" >&2
    exit 1
fi

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "${CARGO_TARGET_DIR:-target}"
built="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)/public-api"

# document FILE OPTION...: rustdoc's JSON of the library. Warnings are the business of other checks.
document() {
    local file="$1"
    shift
    env -u RUSTFLAGS -u RUSTDOCFLAGS cargo "+$toolchain" rustdoc --quiet -p ndarray-lockstep --lib --all-features \
        --target-dir "$built" -- -Zunstable-options --output-format json --cap-lints allow "$@"
    mv "$built/doc/ndarray_lockstep.json" "$file"
}
document "$work/all.json" --document-hidden-items
document "$work/shown.json"
cargo run --quiet -p api-listing -- "$work/all.json" "$work/shown.json" >"$work/list"

if "$update"; then
    cp "$work/list" "$list"
    echo "$list: $(wc -l <"$list") items"
elif diff -u --label "committed: $list" --label "this tree" "$list" "$work/list"; then
    echo "$(wc -l <"$list") items, as committed"
else
    echo "error: the public interface has changed: if that is meant, run scripts/public-api.sh --update" >&2
    exit 1
fi
