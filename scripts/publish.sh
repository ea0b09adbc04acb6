#!/usr/bin/env bash
# Makes what is sent to Azure Functions, and checks it: a binary that cannot start there fails here,
# and not after a deployment.
set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: scripts/publish.sh [OPTIONS]

Builds the release binary for Azure Functions, checks it, and makes
  dist/package/          the folder to publish from
  dist/switchboard.zip   the same files as an archive

Options:
  --target TRIPLE   Build for x86_64-unknown-linux-musl (static), or for x86_64-unknown-linux-gnu.2.17
                    (glibc 2.17 or newer). Default: musl if rustup has that target or can install it, else gnu
  --binary FILE     Package this binary instead of building one
  --local           For trying the package on this machine: build as usual, and do not check whether
                    the binary starts elsewhere
  --output DIR      Make them in DIR instead of dist
  -h, --help        Print this

Needs Python 3 and binutils. Installs a C compiler for the target (zig, from PyPI) below target/, unless
musl-gcc is there.
TEXT
}

readonly MUSL=x86_64-unknown-linux-musl GNU=x86_64-unknown-linux-gnu.2.17
# A binary that is not static is larger by its tables for the linker.
readonly NEWEST_GLIBC=2.17 MAX_SIZE=10000000 MAX_SIZE_BESIDE_LIBC=10500000
readonly ZIG=0.17.0 ZIGBUILD=0.24.0

step() { printf '\n== %s\n' "$*"; }
passed() { printf '   %s\n' "$*"; }
fail() { printf 'publish: %s\n' "$*" >&2; exit 1; }
need() { # COMMAND PACKAGE
  command -v "$1" >/dev/null || fail "$1 is missing (Debian: apt-get install $2)"
}

called_from=$PWD
cd "$(dirname "$0")/.."
readonly root=$PWD build_dir=${CARGO_TARGET_DIR:-$PWD/target}
target='' binary='' output=$root/dist is_local=false

absolute() { case $1 in /*) printf '%s' "$1" ;; *) printf '%s/%s' "$called_from" "$1" ;; esac; }
value() { # OPTION VALUE…: sets `given`
  given=${2:-}
  [ -n "$given" ] || fail "$1 needs a value; see --help"
}

read_options() {
  while [ $# -gt 0 ]; do
    case $1 in
      --target) value "$@"; target=$given; shift ;;
      --binary) value "$@"; binary=$(absolute "$given"); shift ;;
      --output) value "$@"; output=$(absolute "$given"); shift ;;
      --local) is_local=true ;;
      -h | --help) usage; exit ;;
      *) fail "unknown option $1; see --help" ;;
    esac
    shift
  done
  [ -n "$target" ] || return 0
  [ -z "$binary" ] || fail "--binary builds nothing, so --target has no effect"
  ! $is_local || fail "--local builds for this machine, so --target has no effect"
}

has_musl_target() { [ -d "$(rustc --print sysroot)/lib/rustlib/$MUSL/lib" ]; }

# cargo-zigbuild finds the zig of the Python that is first on the path.
install_zig() {
  local tools=$build_dir/publish-tools-$ZIGBUILD-$ZIG
  if [ ! -e "$tools/installed" ]; then
    step "installing cargo-zigbuild $ZIGBUILD and zig $ZIG below $build_dir"
    python3 -m venv "$tools" || fail "Python has no venv (Debian: apt-get install python3-venv)"
    "$tools/bin/pip" install --quiet --disable-pip-version-check \
      "cargo-zigbuild==$ZIGBUILD" "ziglang==$ZIG" || fail "PyPI cannot be reached; with musl-tools and \`rustup target add $MUSL\` it is not needed"
    touch "$tools/installed"
  fi
  PATH=$tools/bin:$PATH
}

build() {
  local arguments=(--release --locked --package switchboard --no-default-features)
  if $is_local; then
    cargo build "${arguments[@]}"
    binary=$build_dir/release/switchboard
    return
  fi
  # Tables for unwinding, which nothing reads: the release profile aborts on a panic.
  export RUSTFLAGS="${RUSTFLAGS:-} -C force-unwind-tables=no"
  export CFLAGS="${CFLAGS:-} -fno-unwind-tables -fno-asynchronous-unwind-tables"
  if [ -z "$target" ]; then
    has_musl_target || { command -v rustup >/dev/null && rustup target add "$MUSL"; } || true
    if has_musl_target; then target=$MUSL; else target=$GNU; fi
  fi
  case $target in
    "$MUSL") has_musl_target || fail "the target is missing: rustup target add $MUSL" ;;
    "$GNU") ;;
    *) fail "--target $target: Azure Functions runs x86-64 Linux alone; use $MUSL or $GNU" ;;
  esac
  if [ "$target" = "$MUSL" ] && command -v musl-gcc >/dev/null; then
    step "building for $target with musl-gcc; this takes minutes"
    CC_x86_64_unknown_linux_musl=musl-gcc cargo build "${arguments[@]}" --target "$target"
  else
    install_zig
    step "building for $target with zig; this takes minutes"
    cargo zigbuild "${arguments[@]}" --target "$target"
  fi
  binary=$build_dir/${target%.2.17}/release/switchboard
}

json() { # FILE KEY…
  python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = value.get(key, {})
print(value if isinstance(value, str) else "")
' "$@" 2>/dev/null || fail "$1 is not valid JSON"
}

# Publishing tools set the execute bit on the file that host.json names, letter by letter.
check_name() {
  local named
  named=$(json host.json customHandler description defaultExecutablePath)
  [ "$named" = switchboard ] ||
    fail "host.json: defaultExecutablePath is \"$named\", but the file is called \"switchboard\"; the publishing tools compare them literally"
  passed "host.json starts \"$named\""
}

check_kind() {
  local header
  header=$(LC_ALL=C readelf -h "$binary" 2>/dev/null) || fail "$binary is not a Linux program (ELF)"
  case $header in
    *ELF64*'Advanced Micro Devices X86-64'*) passed "64-bit ELF for x86-64" ;;
    *) fail "$binary is not for x86-64, and Azure Functions has no other Linux machines" ;;
  esac
}

# The libraries that every image has.
readonly LIBRARIES='libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 libgcc_s.so.1 ld-linux-x86-64.so.2'

libraries() { LC_ALL=C readelf -d "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }

check_libraries() {
  local needed versions newest library
  needed=$(libraries)
  if [ -z "$needed" ]; then
    passed "static: needs no library"
    return
  fi
  for library in $needed; do
    case " $LIBRARIES " in
      *" $library "*) ;;
      *) fail "$binary needs $library, which is not on every image" ;;
    esac
  done
  # With ABI tags such as GLIBC_ABI_DT_RELR, which old loaders refuse, too.
  versions=$(LC_ALL=C readelf -W -V "$binary" | grep -o 'GLIBC_[A-Z0-9._]*' | sort -uV) || true
  newest=$(sort -V <<<"$versions"$'\n'"GLIBC_$NEWEST_GLIBC" | tail -n 1)
  [ "$newest" = "GLIBC_$NEWEST_GLIBC" ] ||
    fail "$binary needs $newest, and images have older ones; build it with this script, without --binary"
  passed "needs glibc $NEWEST_GLIBC or newer, and no other library"
}

check_size() {
  local size limit=$MAX_SIZE
  if [ -n "$(libraries)" ]; then limit=$MAX_SIZE_BESIDE_LIBC; fi
  size=$(wc -c <"$binary")
  [ "$size" -lt $limit ] || fail "$binary has $size bytes; a cold start should not read more than $limit"
  passed "$((size)) bytes, below $limit"
}

check_start() {
  local version help
  [ -x "$binary" ] || fail "$binary cannot be executed: chmod +x"
  version=$("$binary" --version) || fail "$binary does not start on this machine"
  passed "starts: $version"
  help=$("$binary" --help)
  if ! $is_local && grep -q '^ *dev ' <<<"$help"; then
    fail "$binary has the feature \`dev\`; build it with --no-default-features"
  fi
}

functions() { # Prints their names.
  local file
  for file in */function.json; do
    [ -e "$file" ] || fail "there is no folder with a function.json"
    json "$file" scriptFile >/dev/null
    printf '%s\n' "${file%/function.json}"
  done
}

# Made beside the old one, so that a failure leaves no half of it.
make_package() {
  local new=$output/package.new name
  rm -rf "$new"
  mkdir -p "$new"
  install -m 755 "$binary" "$new/switchboard"
  install -m 644 host.json "$new/host.json"
  for name in "$@"; do
    mkdir "$new/$name"
    install -m 644 "$name/function.json" "$new/$name/function.json"
  done
  rm -rf "$output/package"
  mv "$new" "$output/package"
}

# The same files make the same bytes: sorted, with a fixed time and fixed modes. Prints its list.
make_archive() {
  local level=9
  if $is_local; then level=1; fi
  python3 - "$output/package" "$output/switchboard.zip" "$level" <<'PYTHON'
import os, stat, sys, zipfile
folder, archive, level = sys.argv[1:]
files = sorted(
    os.path.relpath(os.path.join(at, name), folder)
    for at, _, names in os.walk(folder)
    for name in names
)
with zipfile.ZipFile(archive + ".new", "w", zipfile.ZIP_DEFLATED, compresslevel=int(level)) as new:
    for name in files:
        path = os.path.join(folder, name)
        mode = 0o755 if os.access(path, os.X_OK) else 0o644
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.create_system = 3  # Unix, or the modes do not count.
        entry.external_attr = (stat.S_IFREG | mode) << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        with open(path, "rb") as file:
            new.writestr(entry, file.read())
os.replace(archive + ".new", archive)
for entry in zipfile.ZipFile(archive).infolist():
    print(f"   {stat.filemode(entry.external_attr >> 16)} {entry.file_size:>9} {entry.filename}")
PYTHON
}

# A function, so that bash has read all of this file before it begins.
main() {
  local names
  read_options "$@"
  need python3 python3
  check_name
  names=$(functions)
  if [ -n "$binary" ]; then
    [ -f "$binary" ] || fail "$binary does not exist"
  else
    need cargo cargo
    build
  fi
  step "checking $binary"
  if ! $is_local; then
    need readelf binutils
    check_kind
    check_libraries
    check_size
  fi
  check_start
  step "packing into $output"
  # shellcheck disable=SC2086 # Names of functions have no spaces.
  make_package $names
  make_archive
  step "done"
  passed "$output/package"
  passed "$output/switchboard.zip, $(wc -c <"$output/switchboard.zip" | tr -d ' ') bytes"
}

main "$@"
