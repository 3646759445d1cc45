"""check_library.py RESULT.json: the Python module on libflopcast against what the program wrote for the same scenario, seed
and trials. Prints what is wrong; status 1 then. Also runs the code of docs/library.md."""
import contextlib
import io
import json
import math
import re
import sys

import flopcast
import numpy

wanted = json.load(open(sys.argv[1], encoding="utf-8"))
faults = []


def check(what, good):
    if not good:
        faults.append(what)


scenario = flopcast.Scenario("openai-aws-38b-contract", {"prices.gpu_hour": "2.6 to 4.0 USD/GPU-h"})
result = scenario.run(trials=wanted["trials_asked"], samples=True)
check("name", scenario.name == wanted["name"])
check("notes", scenario.notes and set(scenario.notes) <= {note["text"] for note in wanted["notes"]})
check("digest", result.digest == wanted["digest"])
check("JSON", result.json()["metrics"] == wanted["metrics"])
check("metrics", set(result) == set(wanted["metrics"]) | set(wanted["probabilities"]))
same = lambda figure, value: math.isnan(figure) or math.isinf(figure) if value is None else figure == value
for name, figures in wanted["metrics"].items():
    metric = result[name]
    check(f"{name}: unit", metric.unit == figures["unit"] and len(metric.what) > 5)
    check(f"{name}: worst", metric.worst_is_high == (figures["worst"] == "high"))
    for key, figure in (("mean", metric.mean()), ("sd", metric.sd()), ("p95", metric.quantile(0.95)), ("p50", metric.quantile(0.5)), ("cvar_worst5", metric.tail())):
        check(f"{name}: {key}", same(figure.value, figures[key]) and same(figure.error, figures[key + "_se"]))
    worlds = metric.samples()
    check(f"{name}: samples", worlds.dtype == numpy.float32 and len(worlds) == result.trials)
    check(f"{name}: missing", int(numpy.isnan(worlds).sum()) == figures.get("worlds_without_value", 0))
for name, chance in wanted["probabilities"].items():
    figure = result[name].chance()
    check(f"P({name})", result[name].is_chance and [figure.value, figure.lo, figure.hi] == [chance[k] for k in ("p", "lo", "hi")])
parts = scenario.run(trials=500, first=1000, samples=True)
check("worlds by their number", numpy.array_equal(parts.samples("cost_usd"), result.samples("cost_usd")[1000:1500]))
check("another seed", scenario.run(trials=500, seed=7).digest != scenario.run(trials=500, seed=8).digest)
for call, status, words in (
    (lambda: flopcast.Scenario("openai-aws-38c"), 2, "did you mean 'openai-aws-38b'"),
    (lambda: flopcast.Scenario("x", text="cluster: {gpuss: 8}"), 2, "x:1:"),
    (lambda: flopcast.Scenario("openai-aws-38b-contract", {"contract.yaers": 7}), 2, "contract.yaers"),
    (lambda: scenario.run(trials=10, backend="vulkan"), 2, "vulkan"),
    (lambda: parts.samples("nothing"), None, "nothing"),
    (lambda: scenario.run(trials=10).samples("cost_usd"), 2, "samples=True"),
):
    try:
        call()
        faults.append(f"{words}: not refused")
    except (flopcast.Error, KeyError) as error:
        check(f"{words}: {error}", words in str(error) and getattr(error, "status", None) == status)
small = flopcast.Scenario("mine", text={"layers": "step", "cluster": {"gpu": "h100", "gpus": 64, "domain": 8, "node": 8}, "training": {"model": "llama3-8b", "tokens": "1T tokens", "sequence": 8192, "global_batch": 128}, "plan": {"tp": 1, "pp": 1}})
check("a dictionary", small.run(trials=200)["step_time_s"].mean().value > 0)

# The code of the page, which ends well and prints.
page = open("docs/library.md", encoding="utf-8").read()
code = "\n".join(re.findall(r"```python\n(.*?)```", page, re.S)).replace("20_000", "3_000").replace("5_000", "500")
try:
    import pandas  # noqa: F401
except ImportError:
    code = code.replace("table = result.frame()", "").replace("print(table", "0 and print(table")
shown = io.StringIO()
with contextlib.redirect_stdout(shown):
    exec(code, {})
check("the page prints", "correlation" in shown.getvalue() and "contract.yaers" in shown.getvalue())
for fault in faults:
    print(fault)
sys.exit(bool(faults))
