#!/bin/sh
# suite_install.sh: make install and uninstall, completion, and what make deps says. Run from the repository root.
set -u
. tests/tap.sh
folder=${B:-build}

if sanitized; then
    skip "make install" "a build with sanitizers, whose library is not installed"
    tap_end
    exit
fi
make --no-print-directory FLOPCAST_INNER=1 NVCC= B="$folder" -o all DESTDIR="$work/root" PREFIX=/usr install >"$work/out" 2>&1
is "make install ends well" "$?" 0
for file in bin/flopcast share/man/man1/flopcast.1 share/bash-completion/completions/flopcast \
    share/zsh/site-functions/_flopcast share/fish/vendor_completions.d/flopcast.fish \
    share/flopcast/scenarios/openai-aws-38b.yaml share/man/man1/flopcast-run.1 lib/libflopcast.so.0 lib/libflopcast.a \
    lib/pkgconfig/flopcast.pc include/flopcast.h lib/python3/dist-packages/flopcast.py; do
    is "it installs $file" "$([ -f "$work/root/usr/$file" ] && echo yes)" yes
done
wrong=
for command in $("$FLOPCAST" --help | sed -n 's/^  \([a-z]*\)  *[a-zA-Z].*/\1/p'); do
    manual=$work/root/usr/share/man/man1/flopcast-$command.1
    for part in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS'; do
        grep -q "^\.SH $part" "$manual" || wrong="$wrong $command has no $part;"
    done
    for option in $("$FLOPCAST" "$command" --help | sed -n 's/^ *\(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p'); do
        sed 's/\\-/-/g' "$manual" | grep -q -- "^.B .*$option" || wrong="$wrong $command has no $option;"
    done
done
is "each command has a manual page with the options of its --help" "$wrong" ""
if command -v groff >/dev/null; then
    is "which groff sets without a warning" "$(groff -man -Tutf8 -ww -z "$work"/root/usr/share/man/man1/*.1 2>&1 | head -3)" ""
fi
if command -v dpkg-deb >/dev/null; then
    cp -R "$work/root" "$work/deb"
    sh host/deb.sh "$work" 0.0.1 >"$work/out" 2>"$work/err"
    is "a Debian package is made" "$? $(ls "$work" | grep -c '^flopcast_0.0.1_.*\.deb$')" "0 1"
    dpkg-deb -f "$work"/flopcast_0.0.1_*.deb >"$work/control"
    has "which needs the packages of its libraries" "$work/control" '^Depends: .*libhwloc15 (>= .*libjson-c'
    dpkg-deb -c "$work"/flopcast_0.0.1_*.deb >"$work/files"
    has "and holds the program" "$work/files" ' root/root .* ./usr/bin/flopcast$'
else
    skip "a Debian package is made" "no dpkg-deb"
fi
# COMPLETE WORDS...: what bash offers for the last word.
complete() {
    PATH=$work/root/usr/bin:$PATH bash -c '. "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _flopcast; echo "${COMPREPLY[*]}"' \
        "$work/root/usr/share/bash-completion/completions/flopcast" "$@"
}
if command -v bash >/dev/null; then
    is "bash completes a command" "$(complete flopcast sw)" "sweep"
    is "an option" "$(complete flopcast run --rep)" "--report"
    is "a metric" "$(complete flopcast explain x --of npv_u)" "npv_usd"
    is "a scenario" "$(complete flopcast run samsung)" "samsung-50k"
else
    skip "bash completes" "no bash"
fi
make --no-print-directory FLOPCAST_INNER=1 NVCC= B="$folder" DESTDIR="$work/root" PREFIX=/usr uninstall >"$work/out" 2>&1
is "make uninstall leaves no file" "$(find "$work/root" -type f | wc -l)" 0

# What deps says where it can do nothing: a PATH without apt-get; one without root.
mkdir "$work/bin"
for tool in sh sed head tr cat dpkg grep; do
    ln -s "$(command -v $tool)" "$work/bin/$tool" 2>/dev/null
done
PATH=$work/bin sh host/deps.sh run >"$work/out" 2>"$work/err"
is "without apt-get: status 1" "$?" 1
has "and the names" "$work/err" 'build-essential pkg-config libhwloc-dev'
printf '#!/bin/sh\nexit 0\n' >"$work/bin/apt-get"
printf '#!/bin/sh\necho 1000\n' >"$work/bin/id"
rm -f "$work/bin/dpkg"
printf '#!/bin/sh\nexit 1\n' >"$work/bin/dpkg"
chmod +x "$work/bin/apt-get" "$work/bin/id" "$work/bin/dpkg"
PATH=$work/bin sh host/deps.sh run >"$work/out" 2>"$work/err"
is "without root and sudo: status 1" "$?" 1
has "and what to ask for" "$work/err" 'apt-get install build-essential'
printf '#!/bin/sh\necho "  Depends: clang-19"\n' >"$work/bin/apt-cache"
chmod +x "$work/bin/apt-cache"
is "names with a version follow clang" \
    "$(PATH=$work/bin sh host/deps.sh dev --list | tr ' ' '\n' | grep -- -19 | tr '\n' ' ')" "libclang-rt-19-dev libomp-19-dev "
tap_end
