#!/usr/bin/env bash
# Checks the dependencies of the crate and its promises to users.
#
#     scripts/supply-chain.sh                          runs all checks
#     scripts/supply-chain.sh features minimal         runs some checks
#     scripts/supply-chain.sh --if-available [...]     prints what is missing, and skips it
#     scripts/supply-chain.sh --install [...]          first builds missing programs (takes minutes)
#
#     deny          advisories, licences, sources and duplicates of dependencies, by deny.toml
#                   (cargo-deny)
#     features      every combination of features compiles without a warning (cargo-hack, clippy)
#     minimal       the oldest dependencies that Cargo.toml allows are sufficient (nightly Rust)
#     semver        the changes since the last release fit the version number (cargo-semver-checks);
#                   the last release is the version in the registry or, if there is none, the last
#                   tag v*
#
# Programs that are not on the PATH are taken from tools/bin in the target directory, where
# --install puts them. Their versions are listed below. Other installed versions are used, too.
# TOOLCHAIN selects another toolchain than `nightly`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

toolchain="${TOOLCHAIN:-nightly}"
all=(deny features minimal semver)

# program CHECK: prints the program of a check, and its version.
program() {
    case "$1" in
        deny) echo "cargo-deny@0.20.2" ;;
        features) echo "cargo-hack@0.6.46" ;;
        semver) echo "cargo-semver-checks@0.51.0" ;;
    esac
}

if_available=false
install=false
checks=()
for argument in "$@"; do
    case "$argument" in
        --if-available) if_available=true ;;
        --install) install=true ;;
        deny | features | minimal | semver) checks+=("$argument") ;;
        *)
            echo "error: unknown check $argument; there are: ${all[*]}" >&2
            exit 2
            ;;
    esac
done
if [ "${#checks[@]}" -eq 0 ]; then
    checks=("${all[@]}")
fi

mkdir -p "${CARGO_TARGET_DIR:-target}"
target_dir="$(cd "${CARGO_TARGET_DIR:-target}" && pwd)"
export PATH="$PATH:$target_dir/tools/bin"

# reason_to_skip CHECK: prints the reason why the check cannot run here, or nothing.
reason_to_skip() {
    local wanted
    if [ "$1" = minimal ]; then
        cargo "+$toolchain" --version >/dev/null 2>&1 ||
            echo "there is no toolchain $toolchain (rustup toolchain install $toolchain)"
        return
    fi
    wanted="$(program "$1")"
    command -v "${wanted%@*}" >/dev/null || echo "${wanted%@*} is not installed (cargo install --locked $wanted)"
    if [ "$1" = features ] && ! cargo clippy --version >/dev/null 2>&1; then
        echo "clippy is not installed (rustup component add clippy)"
    fi
}

available=()
for check in "${checks[@]}"; do
    wanted="$(program "$check")"
    if "$install" && [ -n "$wanted" ] && ! command -v "${wanted%@*}" >/dev/null; then
        start=$SECONDS
        # The program is built for this machine, whatever flags the tests use. If that fails, the
        # reason is printed next.
        env -u RUSTFLAGS cargo install --locked --root "$target_dir/tools" "$wanted" || true
        printf -- '-- installation of %s: %d s\n' "$wanted" "$((SECONDS - start))"
    fi
    reason="$(reason_to_skip "$check")"
    if [ -z "$reason" ]; then
        available+=("$check")
    elif "$if_available"; then
        echo "skipped: $check: $reason"
    else
        echo "error: $check: $reason" >&2
        exit 1
    fi
done

deny() {
    local log
    cargo deny --workspace --all-features check bans licenses sources
    # The database of advisories is a separate repository, which may be unreachable.
    log="$(mktemp)"
    if cargo deny --workspace --all-features fetch db >"$log" 2>&1; then
        rm -f "$log"
        cargo deny --workspace --all-features check --disable-fetch advisories
    else
        printf 'skipped: advisories: their database cannot be fetched:\n'
        tail -n 3 "$log"
        rm -f "$log"
        "$if_available"
    fi
}

# Checks only the library. Without test targets, the features that development dependencies need are
# not turned on.
features() {
    cargo hack clippy -p ndarray-lockstep --lib --feature-powerset -- -D warnings
}

# Checks that the library and its tests work with the oldest versions that Cargo.toml allows. The
# copy has a lock file of its own.
minimal() {
    local copy code=0
    copy="$(mktemp -d)"
    tar --exclude=./.git --exclude=target --exclude=./Cargo.lock -cf - . | tar -xf - -C "$copy"
    (
        cd "$copy" &&
            cargo "+$toolchain" update -Zdirect-minimal-versions --quiet &&
            cargo tree -p ndarray-lockstep --depth 1 --edges normal,dev &&
            cargo check --workspace --all-targets --target-dir "$target_dir/minimal" &&
            cargo test -p ndarray-lockstep --lib --target-dir "$target_dir/minimal"
    ) || code=$?
    rm -rf "$copy"
    return "$code"
}

semver() {
    local found tag
    # In this directory, cargo would find the local package of that name instead.
    if found="$(cd / && cargo info --color never ndarray-lockstep 2>&1)"; then
        cargo semver-checks -p ndarray-lockstep
    elif ! grep -q "could not find" <<<"$found"; then
        printf 'the registry does not answer:\n%s\n' "$found"
        "$if_available"
    elif tag="$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null)"; then
        echo "no version of ndarray-lockstep has been released: it is compared with the tag $tag"
        cargo semver-checks -p ndarray-lockstep --baseline-rev "$tag"
    else
        echo "no version of ndarray-lockstep has been released, and there is no tag: there is nothing to compare with"
    fi
}

for check in "${available[@]}"; do
    printf '\n== %s\n' "$check"
    start=$SECONDS
    (set -e; "$check")
    printf -- '-- %s: %d s\n' "$check" "$((SECONDS - start))"
done
