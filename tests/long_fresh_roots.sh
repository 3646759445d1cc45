#!/bin/sh
# long_fresh_roots.sh: the two commands of README.md on fresh Debian machines: for each release a root by debootstrap, a clean
# clone of HEAD in it, `make deps run`, and `make deps GOAL` (GOAL='test T="cli yaml"' for some of them). The digest of the reference is
# the same on all of them. Run from the repository root, as root. (Half an hour for each release on two idle cores.)
#
#     ROOTS=FOLDER      where the roots stay (default: a folder that is removed at the end)
#     RELEASES=...      (default: bookworm trixie)
#     MIRROR=URL        (default: where this machine has its packages from)
set -u
. tests/tap.sh
releases=${RELEASES:-bookworm trixie} goal=${GOAL:-test} mirror=${MIRROR:-$(apt-get indextargets --format '$(SITE)' | grep -v security | head -1)}
roots=$(mkdir -p "${ROOTS:-$work/roots}" && cd "${ROOTS:-$work/roots}" && pwd)

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null || ! unshare --mount true 2>/dev/null; then
    skip "fresh roots" "needs root, debootstrap and unshare"
    tap_end
    exit
fi

# inside RELEASE COMMAND: what comes out of it; its mounts end with it
inside() {
    unshare --mount --fork sh -c '
        mount -t proc proc "$0/proc" && mount --rbind /sys "$0/sys" && mount --rbind /dev "$0/dev" &&
        exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$0" sh -c "$1"' "$roots/$1" "$2"
}

# fresh RELEASE: a root as debootstrap leaves it, with this machine's way to the packages, git and make
fresh() {
    root=$roots/$1
    [ -x "$root/bin/sh" ] || debootstrap --variant=minbase "$1" "$root" "$mirror" >"$root.debootstrap.log" 2>&1 || return 1
    printf 'deb %s %s main\n' "$mirror" "$1" "$mirror" "$1-updates" "${mirror%/debian}/debian-security" "$1-security" \
        >"$root/etc/apt/sources.list"
    cp /etc/resolv.conf "$root/etc/resolv.conf"
    cp /etc/apt/apt.conf.d/* "$root/etc/apt/apt.conf.d/"
    inside "$1" 'apt-get update -qq && apt-get install -y -qq --no-install-recommends git make' >"$root.apt.log" 2>&1 &&
        rm -rf "$root/src" && git clone -q --no-local . "$root/src"
}

first=
for release in $releases; do
    log=$roots/$release
    if ! fresh "$release"; then
        skip "$release: a fresh root" "$(tail -1 "$log.debootstrap.log" "$log.apt.log" 2>/dev/null | tr '\n' ' ')"
        continue
    fi
    inside "$release" 'cd /src && make deps run' >"$log.run.log" 2>&1 </dev/null
    is "$release: make deps run" "$? $(grep -c '[Ww]arning: .*\[-W\|error:' "$log.run.log")" "0 0"
    digest=$(sed -n 's/^result digest *\([0-9a-f]*\).*/\1/p' "$log.run.log")
    is "$release: it prints a digest" "$(printf %s "$digest" | wc -c)" 16
    first=${first:-$digest}
    is "$release: the digest of the reference is that of the others" "$digest" "$first"
    inside "$release" "cd /src && make deps $goal" >"$log.test.log" 2>&1 </dev/null
    is "$release: make deps $goal" "$? $(tail -1 "$log.test.log" | sed 's/^[0-9]* passed, \([0-9]*\) failed, .*/\1 failed/')" "0 0 failed"
    echo "# $release: $(inside "$release" 'gcc --version | head -1; dpkg-query -W -f "\${Package} \${Version}, " libfyaml-dev libjson-c-dev libhwloc-dev' | tr '\n' ' ')"
    echo "# $release: $(tail -1 "$log.test.log"); $digest; packages $(inside "$release" 'du -shx --exclude=/src / | cut -f1')"
done
tap_end
