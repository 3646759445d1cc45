#!/bin/sh
# bundle.sh B FOLDER: packs the program of build folder B, its CUDA tests, bench/gpu.sh and the shared libraries that they
# need into FOLDER and FOLDER.tar.gz, so that they run on a machine that has only a driver: no package is installed there.
# The C library travels apart, in lib/c, and gpu.sh takes it only where the machine's own is older.
set -eu
b=$1 to=$2
rm -rf "$to" "$to.tar.gz"
mkdir -p "$to/bin" "$to/lib/c"
for f in "$b/flopcast" "$b/tests/test_backend_cuda"; do
    strip -o "$to/bin/$(basename "$f")" "$f"
done
cp bench/gpu.sh "$to/"
cp "$b/cuda/resources.txt" "$to/" 2>/dev/null || :
opencl=$(ldconfig -p 2>/dev/null | awk '$1 == "libOpenCL.so.1" { print $NF; exit }')
{
    ldd "$to"/bin/* ${opencl:+"$opencl"} | awk '$3 ~ /^\// { print $3 }'
    echo "$opencl"
} | sort -u | while read -r l; do
    case $l in
    '') ;;
    */libc.so.* | */libm.so.* | */libpthread.so.* | */libdl.so.* | */librt.so.*) cp -L "$l" "$to/lib/c/" ;;
    *) cp -L "$l" "$to/lib/" ;;
    esac
done
loader=$(ldd "$to/bin/flopcast" | awk '$1 ~ /\/ld-linux/ { print $1 }')
cp -L "$loader" "$to/lib/c/ld.so"
# of no other use than to old drivers, which still ask for them
for l in libpthread.so.0 libdl.so.2 librt.so.1; do
    [ -e "$to/lib/c/$l" ] || cp -L "$(dirname "$(ldd "$to/bin/flopcast" | awk '$1 == "libc.so.6" { print $3 }')")/$l" "$to/lib/c/"
done
tar -C "$(dirname "$to")" -czf "$to.tar.gz" "$(basename "$to")"
echo "$to.tar.gz: $(du -h "$to.tar.gz" | cut -f1); unpack it and run: sh $(basename "$to")/gpu.sh"
