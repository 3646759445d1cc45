#!/bin/sh
# suite_data.sh: files that other programs read, as those read them: CSV by pandas, workbooks by openpyxl, HDF5 by h5py
# (tests/check_data.py). Run from the repository root.
set -u
. tests/tap.sh
unset FLOPCAST_FAULT
aws=scenarios/openai-aws-38b-contract.yaml

flopcast run $aws -n 10 -q --samples "$work/none.h5"
hdf5=$([ "$status" = 0 ] && echo "$work/s.h5")
[ "$hdf5" ] || has "a build without HDF5 says so" "$work/err" 'built without HDF5; write .csv'
flopcast run $aws -n 3000 -q -o "$work/r.json" --samples "$work/s.csv"
is "samples as CSV" "$status" 0
if [ "$hdf5" ]; then
    flopcast run $aws -n 3000 -q -o "$work/again.json" --samples "$hdf5"
    is "samples as HDF5" "$status" 0
    is "of the same result" "$(member "$work/again.json" digest)" "$(member "$work/r.json" digest)"
    mkfifo "$work/pipe.h5"
    cat "$work/pipe.h5" >/dev/null &
    refused "HDF5 into a pipe" 2 "flopcast: --samples $work/pipe.h5: .h5 is written to plain files only; .csv goes anywhere" \
        run $aws -n 10 -q --samples "$work/pipe.h5"
    wait
    cp "$hdf5" "$work/kept.h5"
    flopcast run $aws -n 10 -q --samples "$work/kept.h5" --set 'contract.gpu_price=banana'
    succeeds "a run that fails leaves the file as it was" cmp "$hdf5" "$work/kept.h5"
else
    skip "samples as HDF5" "this build is without HDF5"
fi
for ending in parquet arrow feather h5.gz; do
    flopcast run $aws -n 1e12 --samples "$work/s.$ending"
    is "samples as $ending are refused before the run" "$status $(grep -c 'is none of .csv, .h5' "$work/err")" "2 1"
done
flopcast report "$work/r.json" -o "$work/r.csv"
flopcast report "$work/r.json" -o "$work/r.xlsx"

python=
for candidate in python3 /usr/bin/python3; do
    "$candidate" -c "import numpy, openpyxl, pandas${hdf5:+, h5py}" 2>/dev/null && python=$candidate && break
done
if [ "$python" ] && [ -s "$work/r.xlsx" ]; then
    is "pandas, openpyxl and h5py read the numbers of the JSON" \
        "$("$python" tests/check_data.py "$work/r.json" "$work/r.csv" "$work/r.xlsx" "$work/s.csv" $hdf5 2>&1 | head -5)" ""
    sed '2s/[1-9]/0/4' "$work/r.csv" >"$work/wrong.csv"
    if "$python" tests/check_data.py "$work/r.json" "$work/wrong.csv" "$work/r.xlsx" "$work/s.csv" $hdf5 >/dev/null 2>&1; then
        fail "a changed digit is noticed"
    else
        pass "a changed digit is noticed"
    fi
else
    skip "pandas, openpyxl and h5py read the numbers of the JSON" "python3-h5py, python3-pandas or python3-openpyxl is missing"
fi
tap_end
