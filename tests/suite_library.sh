#!/bin/sh
# suite_library.sh: libflopcast as other programs use it: its symbols, a C and a C++ program on its header, the Python module.
# Run from the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
folder=${B:-build}
library=$folder/lib/libflopcast.so.0

if sanitized; then
    skip "libflopcast" "a build with sanitizers, which a program without them cannot load"
    tap_end
    exit
fi
make --no-print-directory FLOPCAST_INNER=1 NVCC= B="$folder" CC="${CC:-gcc}" library >"$work/log" 2>&1
is "the library is built" "$?$([ -f "$library" ] && echo yes)" 0yes
if command -v readelf >/dev/null; then
    readelf -W --dyn-syms "$library" | awk '$7 != "UND" && $8 !~ /^FLOPCAST_0$/ && NR > 3 {print $8}' | grep . >"$work/shown"
    is "it shows its own symbols alone, with their version" "$(grep -cv '^flopcast_[a-z0-9_]*@@FLOPCAST_0$' "$work/shown")" 0
    has "among them flopcast_run" "$work/shown" '^flopcast_run@@'
    is "all that the header declares" "$(wc -l <"$work/shown")" \
        "$(grep -c '^FLOPCAST_API' host/library/flopcast.h)"
fi

# The program is linked on the static library: but for main, commands, report and bench nothing else goes into it.
is "the program stands on libflopcast.a" "$(make --no-print-directory FLOPCAST_INNER=1 NVCC= B="$folder" CC="${CC:-gcc}" -n -W host/main.c \
    "$folder/flopcast" | sed -n 's/.* -o [^ ]*flopcast \(.*\)/\1/p' | tr ' ' '\n' |
    grep -v "^$folder/host/main.o\$\|^$folder/host/commands/\|^$folder/host/report/\|^$folder/bench/\|^-\|^$" | tr '\n' ' ')" \
    "$folder/lib/libflopcast.a "

# As an installed header and library.
mkdir "$work/include"
cp host/library/flopcast.h "$work/include"
sed "s|^prefix=.*|prefix=$work|; s|^libdir=.*|libdir=$(cd "$folder/lib" && pwd)|" "$folder/lib/flopcast.pc" >"$work/flopcast.pc"
flags=$(PKG_CONFIG_PATH=$work pkg-config --cflags --libs flopcast)
succeeds "a C99 program on it" ${CC:-gcc} -std=c99 -pedantic -Wall -Wextra -Werror -o "$work/example" tests/data/library_example.c $flags
printf '#include <flopcast.h>\nint main() { return flopcast_model_version() > 0 ? 0 : 1; }\n' >"$work/version.cc"
if command -v g++ >/dev/null; then
    succeeds "a C++ program on it" g++ -std=c++11 -Wall -Wextra -Werror -o "$work/version" "$work/version.cc" $flags
    succeeds "which runs" env LD_LIBRARY_PATH="$folder/lib" "$work/version"
fi
flopcast run openai-aws-38b-contract -n 2000 -q --json --set 'prices.gpu_hour=2.6 to 4.0 USD/GPU-h' -o "$work/r.json"
LD_LIBRARY_PATH=$folder/lib "$work/example" openai-aws-38b-contract cost_usd 'prices.gpu_hour=2.6 to 4.0 USD/GPU-h' >"$work/printed" 2>&1
is "has the program's digest" "$(sed -n 's/^digest //p' "$work/printed")" "$(member "$work/r.json" digest)"
LD_LIBRARY_PATH=$folder/lib "$work/example" openai-aws-38b-contract cost_usd contract.yaers=7 >"$work/out" 2>"$work/err"
is "and its messages and statuses" "$? $(grep -c 'contract.yaers' "$work/err") $(wc -c <"$work/out")" "2 1 0"
if [ -f "$folder/lib/libflopcast.a" ]; then
    succeeds "the static library will do" ${CC:-gcc} -I"$work/include" -o "$work/static" tests/data/library_example.c \
        "$folder/lib/libflopcast.a" $(pkg-config --libs hwloc libfyaml json-c) $(sed -n 's/^Libs.private: //p' "$folder/lib/flopcast.pc")
    "$work/static" openai-aws-38b-contract cost_usd 'prices.gpu_hour=2.6 to 4.0 USD/GPU-h' >"$work/again" 2>&1
    succeeds "with the same answer" cmp "$work/printed" "$work/again"
fi

python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c "import numpy" 2>/dev/null && python=$candidate && break
done
if [ "$python" ]; then
    is "the Python module gives the program's numbers" \
        "$(FLOPCAST_LIBRARY=$library PYTHONPATH=python PYTHONDONTWRITEBYTECODE=1 "$python" tests/check_library.py "$work/r.json" 2>&1 | tail -5)" ""
else
    skip "the Python module gives the program's numbers" "python3-numpy is missing"
fi
tap_end
