#!/bin/sh
# gpu.sh [OUT]: everything that is to be checked and measured on a GPU, in under eight minutes. It lies in the bundle of
# `make gpu-bundle`, beside bin/ and lib/, and needs nothing of the machine but a driver, a shell and coreutils. Each part
# has a time limit of its own and prints as it goes, so a machine that is taken away early has told what it could.
# Copies of what the parts print go to OUT (default: out/ in the bundle).
#
#   DEVICE=opencl sh gpu.sh    the same with another backend, for a machine without CUDA
#   SECONDS_ALL=200 sh gpu.sh  in less time (default 470): parts that find no time left say so
#
# Exit status 0 when every part was right, 1 when one was wrong or not done in its time, 3 when the device does not work.
set -u
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/out}
device=${DEVICE:-cuda}
all_s=${SECONDS_ALL:-470}
mkdir -p "$out" || exit 4
start=$(date +%s) wrong=0 unfinished=0

# The program with the bundle's libraries; on a machine whose C library is older than ours with our C library as well.
export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" XDG_CACHE_HOME="$out/cache"
loader=
if ! "$here/bin/flopcast" --version >/dev/null 2>&1; then
    loader=$here/lib/c/ld.so
    export LD_LIBRARY_PATH="$here/lib/c:$LD_LIBRARY_PATH"
    "$loader" "$here/bin/flopcast" --version >"$out/error" 2>&1 || { cat "$out/error"; exit 3; }
fi

passed() { echo $(($(date +%s) - start)); }
left() { # LIMIT: the seconds that a part may take
    left=$((all_s - $(passed)))
    [ "$1" -lt "$left" ] && left=$1
    [ "$left" -gt 0 ] && echo "$left" || echo 0
}
limited() { # LIMIT PROGRAM ARGUMENT...: status 124 where it took too long or no time is left
    limit=$(left "$1") program=$here/bin/$2
    shift 2
    [ "$limit" -gt 0 ] || { echo 'no time left' >&2; return 124; }
    # shellcheck disable=SC2086 # no loader is no word
    timeout -k 5 "$limit" $loader "$program" "$@"
}
part() { printf '\n== %s (at %s s)\n' "$1" "$(passed)"; }
field() { sed -n "s/^  \"$1\": \"\{0,1\}\([^\",]*\).*/\1/p" "$out/run.json" | head -1; }
run() { # LIMIT BACKEND N SCENARIO: sets digest and wall
    digest='' wall=''
    limited "$1" flopcast run "$4" -n "$3" -b "$2" -q --json >"$out/run.json" 2>"$out/error"
    case $? in
    0) digest=$(field digest) wall=$(field wall_s) ;;
    124 | 137) echo "no answer within its time of $1 s" >>"$out/error" ;;
    esac
    [ -n "$digest" ] || { digest="failed($(tail -1 "$out/error" | cut -c1-120))" wall=n/a; }
}
verdict() { # STATUS NAME
    case $1 in
    0) echo "$2: ok" ;;
    124 | 137) echo "$2: not done within its time" && unfinished=1 ;;
    *) echo "$2: WRONG (status $1)" && wrong=1 ;;
    esac
}

part machine
command -v nvidia-smi >/dev/null 2>&1 &&
    timeout 20 nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.sm,clocks.max.sm --format=csv
echo "$(nproc) CPU threads; $($loader "$here/bin/flopcast" --version | head -1)"
# NVIDIA's OpenCL may be there without the file that names it
if [ ! -e /etc/OpenCL/vendors/nvidia.icd ]; then
    for l in /usr/lib/*/libnvidia-opencl.so.1 /usr/lib64/libnvidia-opencl.so.1 /usr/local/nvidia/lib64/libnvidia-opencl.so.1; do
        [ -e "$l" ] || continue
        mkdir -p "$out/icd" && echo "$l" >"$out/icd/nvidia.icd"
        export OCL_ICD_VENDORS="$out/icd"
    done
fi

part "is $device there"
run 90 "$device" 1000 anchor-daly
case $digest in
failed*)
    echo "$device cannot be used: $(cat "$out/error")"
    exit 3
    ;;
esac
echo "yes: 1,000 worlds in $wall s"

part 'devices and their self-test'
limited 60 flopcast devices >"$out/devices.txt" 2>&1
echo "status $?"
cat "$out/devices.txt"

part 'CUDA tests'
if [ -x "$here/bin/test_backend_cuda" ]; then
    CMOCKA_MESSAGE_OUTPUT=tap limited 90 test_backend_cuda >"$out/test_backend_cuda.txt" 2>&1
    verdict $? test_backend_cuda
    grep -c '^ok' "$out/test_backend_cuda.txt"
    grep -A4 '^not ok' "$out/test_backend_cuda.txt" | head -20
fi

part "digests of all scenarios, $device against the CPU"
digests_until=$(($(passed) + 110))
limited 20 flopcast list scenarios >"$out/all.txt" 2>&1
{ grep -v anchor- "$out/all.txt"; grep anchor- "$out/all.txt"; } >"$out/scenarios.txt"
while read -r _ scenario _; do
    n=20000
    case $scenario in anchor-*) n=1000 ;; gb300* | nvl72*) n=4000 ;; esac
    if [ "$(passed)" -ge "$digests_until" ]; then
        echo "$scenario: left out, the time of this part is over"
        continue
    fi
    run 30 "$device" $n "$scenario"
    there=$digest there_s=$wall
    run 30 cpu $n "$scenario"
    case "$there $digest" in
    *failed*) is='n/a' ;;
    "$digest $there") is=same ;;
    *) is=DIFFERENT ;;
    esac
    printf '%-30s n=%-6s %s %s (%s s)   cpu %s (%s s)   %s\n' "$scenario" $n "$device" "$there" "$there_s" "$digest" "$wall" $is
done <"$out/scenarios.txt" | tee "$out/digests.txt"
echo "$(grep -c 'same$' "$out/digests.txt") the same, $(grep -c 'DIFFERENT$' "$out/digests.txt") not, $(grep -c 'n/a$' "$out/digests.txt") without an answer"
grep -q 'DIFFERENT$' "$out/digests.txt" && wrong=1

part 'the same through OpenCL'
if [ "$device" != opencl ]; then
    for scenario in openai-aws-38b anchor-daly; do
        run 50 opencl 4000 $scenario
        there=$digest
        run 20 cpu 4000 $scenario
        echo "$scenario: opencl $there   cpu $digest"
    done
fi

part compute-sanitizer
if command -v compute-sanitizer >/dev/null 2>&1 && [ "$device" = cuda ]; then
    for scenario in anchor-daly openai-aws-38b nvl72-spares-in-rack; do
        limit=$(left 25)
        [ "$limit" -gt 0 ] || { echo 'no time left'; break; }
        # shellcheck disable=SC2086
        timeout -k 5 "$limit" compute-sanitizer --tool memcheck --error-exitcode 9 $loader "$here/bin/flopcast" \
            run $scenario -n 256 -b cuda -q >"$out/sanitizer-$scenario.txt" 2>&1
        verdict $? "$scenario"
        grep 'ERROR SUMMARY' "$out/sanitizer-$scenario.txt" | tail -1
    done
else
    echo 'n/a: compute-sanitizer is not on this machine'
fi

part "large runs: $device against all CPU cores"
for scenario in openai-aws-38b rent-or-own gb300-nvl72-frontier nvl72-spares-in-rack; do
    n=4000000
    case $scenario in gb300* | nvl72*) n=400000 ;; esac
    run 25 "$device" $n $scenario
    there=$digest there_s=$wall
    run 25 cpu $((n / 4)) $scenario
    echo "$scenario: $device n=$n $there_s s ($there); cpu n=$((n / 4)) $wall s" \
        "$(awk -v g="$there_s" -v c="$wall" 'BEGIN { if (g + 0 > 0 && c + 0 > 0) printf "ratio %.2f", 4 * c / g; else printf "ratio n/a" }')"
done

part 'bench, with the random-number floor'
limited 60 flopcast bench --seconds 0.3 -b "cpu,$device" openai-aws-38b gb300-nvl72-frontier >"$out/bench.txt" 2>&1
status=$?
cat "$out/bench.txt"
verdict $status bench

part "calibrate on the device"
limited 40 flopcast calibrate -n 2e5 -b "$device" >"$out/calibrate.txt" 2>&1
verdict $? calibrate
head -12 "$out/calibrate.txt"

part "search on the device"
limited 40 flopcast search llama3-405b-54-days -n 4000 -b "$device" -q >"$out/search.txt" 2>&1
verdict $? search
head -12 "$out/search.txt"

part done
[ $wrong -eq 0 ] && echo "what ran to its end was right; files in $out" || echo "NOT all was right; files in $out"
[ $unfinished -eq 0 ] || echo 'some parts were not done within their time: see above'
[ $wrong -eq 0 ] && [ $unfinished -eq 0 ]
