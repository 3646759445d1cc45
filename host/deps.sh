#!/bin/sh
# deps.sh run|test|dev: installs the Debian or Ubuntu packages that building and running (run), the tests too (test), or
# the tools of developers too (dev) need. Names with a version follow the clang of this release. `deps.sh dev --list`
# prints the names alone. Called by make deps and make deps-dev.
set -eu
kind=${1:-run}

# Optional ones follow a '?': where the release lacks them, the build leaves that part out and says so.
run="build-essential pkg-config libhwloc-dev hwloc-nox libfyaml-dev libjson-c-dev librandom123-dev
     ?opencl-headers ?ocl-icd-opencl-dev ?pocl-opencl-icd ?libxlsxwriter-dev ?libhdf5-dev ?gnuplot-nox"
test="libcmocka-dev clang valgrind ?python3 ?python3-h5py ?python3-numpy ?python3-pandas ?python3-openpyxl
      ?python3-yaml ?python3-jsonschema ?openmpi-bin"
dev="clang-format clang-tidy cppcheck"

version() { # of the clang that `clang` installs, empty where it is not known
    apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9][0-9]*\)$/\1/p' | head -1
}
wanted() {
    printf '%s ' $run
    [ "$kind" = run ] && return
    printf '%s ' $test
    n=$(version)
    [ -n "$n" ] && printf '%s ' "?libclang-rt-$n-dev" "?libomp-$n-dev"
    [ "$kind" = dev ] && printf '%s ' $dev
    return 0
}

case $kind in run | test | dev) ;; *) echo "deps.sh: '$kind' is not one of run, test, dev" >&2; exit 2 ;; esac
if ! command -v apt-get >/dev/null; then
    echo "deps: there is no apt-get here; install the counterparts of these Debian packages, then run make:" >&2
    echo "deps: $(wanted | tr -d '?')" >&2
    exit 1
fi
if [ "${2:-}" = --list ]; then
    wanted | tr -d '?'
    echo
    exit
fi
missing=
for package in $(wanted); do
    dpkg -s "${package#\?}" 2>/dev/null | grep -q '^Status: install ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
    echo "deps: all packages are installed"
    exit
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: installing packages needs root, and there is no sudo; ask for" >&2
        echo "deps: apt-get install$(echo "$missing" | tr -d '?')" >&2
        exit 1
    fi
    sudo=sudo
fi
$sudo apt-get update -qq
install=
for package in $(wanted); do # names with a version are known better now
    name=${package#\?}
    dpkg -s "$name" 2>/dev/null | grep -q '^Status: install ok installed' && continue
    if [ "$name" != "$package" ] && ! apt-cache show "$name" >/dev/null 2>&1; then
        echo "deps: $name is not in this release; left out"
        continue
    fi
    install="$install $name"
done
[ -z "$install" ] || DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $install >/dev/null
echo "deps: installed"
