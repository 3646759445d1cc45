"""check_data.py RESULT.json SUMMARY.csv BOOK.xlsx SAMPLES.csv [SAMPLES.h5]: the files of one run, read as people read them
(pandas, openpyxl, h5py), hold the same numbers as the JSON and as each other. Prints what is wrong; status 1 then."""
import json
import math
import sys

import numpy
import openpyxl
import pandas

faults = []


def check(what, good):
    if not good:
        faults.append(what)


result = json.load(open(sys.argv[1], encoding="utf-8"))
metrics = result["metrics"]

# The summary: a row a metric; what is refused or never is empty, which pandas reads as missing.
table = pandas.read_csv(sys.argv[2], float_precision="round_trip").set_index("metric")
for name, figures in metrics.items():
    for key in ("mean", "p5", "p50", "p90", "p95", "cvar_worst5"):
        value = figures.get(key)
        shown = table.loc[name, key]
        check(f"{sys.argv[2]}: {name}.{key} is {shown}, not {value}", pandas.isna(shown) if value is None else shown == value)
for name, chance in result["probabilities"].items():
    check(f"{sys.argv[2]}: P({name})", table.loc[name, "p"] == chance["p"])

# The workbook: numbers are numbers, what is missing is an empty cell, assumptions have their sources.
book = openpyxl.load_workbook(sys.argv[3], read_only=True)
for sheet in ("summary", "assumptions", "notes", "origin"):
    check(f"{sys.argv[3]}: no sheet {sheet}", sheet in book.sheetnames)
rows = list(book["summary"].iter_rows(values_only=True))
column = {name: i for i, name in enumerate(rows[0])}
cells = {row[column["metric"]]: row for row in rows[1:]}
missing = 0
for name, figures in metrics.items():
    for key in ("mean", "p50", "p95"):
        cell, value = cells[name][column[key]], figures.get(key)
        missing += value is None
        same = cell is None if value is None else cell is not None and math.isclose(cell, value, rel_tol=1e-15)
        check(f"{sys.argv[3]}: {name}.{key} is {cell!r}, not {value}", same)  # libxlsxwriter writes 16 digits
check("no figure is missing, so nothing was learnt about empty cells", missing > 0)
heads = next(book["assumptions"].iter_rows(values_only=True))
check(f"{sys.argv[3]}: assumptions without {heads}", {"input", "value", "source", "grade"} <= set(heads))

# The samples.
lines = pandas.read_csv(sys.argv[4], float_precision="round_trip").set_index("trial").sort_index()
check("samples: not every trial once", list(lines.index) == list(range(result["trials_asked"])))
for name in ("gpu_hours", "cost_usd"):
    mean = metrics[name]["mean"]
    check(f"samples: the mean of {name}", abs(lines[name].mean() / mean - 1) < 1e-6)
undefined = int(lines.isna().sum().sum())
check("samples: no world lacks a value, so nothing was learnt about empty cells", undefined > 0)
for name, figures in metrics.items():
    check(f"samples: worlds without {name}", int(lines[name].isna().sum()) == figures.get("worlds_without_value", 0))
if len(sys.argv) > 5:
    import h5py

    with h5py.File(sys.argv[5]) as file:
        frame = pandas.DataFrame({name: file[name][:] for name in file}).set_index("trial").sort_index()
        check("h5: other columns than CSV", sorted(frame.columns) == sorted(lines.columns))
        same = numpy.array_equal(
            frame[lines.columns].to_numpy("float32"), lines.to_numpy("float64").astype("float32"), equal_nan=True
        )
        check("h5: other values than CSV", same)
        for name, figures in metrics.items():
            check(f"h5: the unit of {name}", file[name].attrs["unit"] == figures["unit"])
            check(f"h5: {name} is not explained", len(file[name].attrs["what"]) > 5)
        check("h5: the scenario", file.attrs["scenario"] == result["name"])
        check("h5: the seed", int(file.attrs["seed"]) == result["seed"])
        check("h5: the digest", file.attrs["input_digest"] == result["input_digest"])
for fault in faults:
    print(fault)
sys.exit(bool(faults))
