"""flopcast: how fast, how long and at what cost a training workload runs on a GPU cluster, as distributions.

The simulation is libflopcast's, so that a result has the digest that the program flopcast prints. Scenarios are files, bundled
names, YAML text or dictionaries; results give figures with their standard errors, and samples as NumPy arrays.

    import flopcast

    deal = flopcast.Scenario("openai-aws-38b-contract", {"prices.gpu_hour": "2.6 to 4.0 USD/GPU-h"})
    result = deal.run(trials=20_000, samples=True)
    cost = result["cost_usd"]
    print(cost.quantile(0.9), cost.unit)          # Figure(value, error)
    print(result["budget_met"].chance())          # with its 95 % interval
    worlds = result.samples("cost_usd")           # numpy.ndarray, one value a world, NaN where there is none
    table = result.frame()                        # pandas.DataFrame, if pandas is there

The library is looked for in FLOPCAST_LIBRARY, beside this file, and where the system looks. Threads: one call at a time.
"""
import ctypes
import ctypes.util
import json
import os
from typing import NamedTuple

__all__ = ["Error", "Figure", "Metric", "Result", "Scenario", "model_version", "version"]

_MESSAGE = 2048


class Error(RuntimeError):
    """What the program would say, on stderr, and the exit status that it would end with in `status`."""

    def __init__(self, text, status):
        super().__init__(text)
        self.status = status


class Figure(NamedTuple):
    """A value, its standard error of the simulation, and for chances a 95 % interval. NaN: refused or not defined;
    infinite: it falls among worlds without a value, which count as the worst."""

    value: float
    error: float
    lo: float
    hi: float


class _Figure(ctypes.Structure):
    _fields_ = [("value", ctypes.c_double), ("error", ctypes.c_double), ("lo", ctypes.c_double), ("hi", ctypes.c_double)]


class _Options(ctypes.Structure):
    _fields_ = [
        ("trials", ctypes.c_uint64),
        ("seed", ctypes.c_uint64),
        ("has_seed", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("threads", ctypes.c_int),
        ("backend", ctypes.c_char_p),
        ("keep_samples", ctypes.c_int),
    ]


def _open_library():
    name = "libflopcast.so.0"
    places = [
        os.environ.get("FLOPCAST_LIBRARY"),
        os.path.join(os.path.dirname(os.path.abspath(__file__)), name),
        name,
        ctypes.util.find_library("flopcast"),
    ]
    trouble = None
    for place in filter(None, places):
        try:
            return ctypes.CDLL(place)
        except OSError as error:
            trouble = error
    raise ImportError(f"{name} is not found; build it with make, and name it in FLOPCAST_LIBRARY ({trouble})")


_library = _open_library()
_pointer, _text, _size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
for _name, _result, *_arguments in (
    ("version", _text),
    ("model_version", ctypes.c_int),
    ("open", ctypes.c_int, ctypes.POINTER(_pointer), _text, ctypes.POINTER(_text), _size, _text),
    ("open_text", ctypes.c_int, ctypes.POINTER(_pointer), _text, _text, ctypes.POINTER(_text), _size, _text),
    ("close", None, _pointer),
    ("scenario_name", _text, _pointer),
    ("note", _text, _pointer, _size),
    ("run", ctypes.c_int, ctypes.POINTER(_pointer), _pointer, ctypes.POINTER(_Options), _text),
    ("result_free", None, _pointer),
    ("trials", ctypes.c_uint64, _pointer),
    ("digest", ctypes.c_uint64, _pointer),
    ("json", _pointer, _pointer),
    ("free", None, _pointer),
    ("metrics", _size, _pointer),
    ("metric", ctypes.c_int, _pointer, _text),
    ("metric_name", _text, _pointer, ctypes.c_int),
    ("metric_unit", _text, _pointer, ctypes.c_int),
    ("metric_what", _text, _pointer, ctypes.c_int),
    ("metric_worst_is_high", ctypes.c_int, _pointer, ctypes.c_int),
    ("metric_is_chance", ctypes.c_int, _pointer, ctypes.c_int),
    ("mean", _Figure, _pointer, ctypes.c_int),
    ("sd", _Figure, _pointer, ctypes.c_int),
    ("quantile", _Figure, _pointer, ctypes.c_int, ctypes.c_double),
    ("tail", _Figure, _pointer, ctypes.c_int, ctypes.c_double),
    ("chance", _Figure, _pointer, ctypes.c_int),
    ("samples", _size, _pointer, ctypes.c_int, _pointer, _size),
):
    _function = getattr(_library, "flopcast_" + _name)
    _function.restype, _function.argtypes = _result, _arguments


def version():
    """The version of the library, such as "0.2.0"."""
    return _library.flopcast_version().decode()


def model_version():
    """Results of one model version are comparable bit for bit."""
    return _library.flopcast_model_version()


def _check(status, message):
    if status:
        raise Error(message.value.decode(), status)


class Scenario:
    """A scenario: a file or a bundled name, or with `text` a YAML text or a dictionary. `changes` maps paths to values,
    as --set of the program takes them: {"cluster.gpus": 4608, "prices.gpu_hour": "2.6 to 4.0 USD/GPU-h"}."""

    def __init__(self, name="scenario", changes=None, text=None):
        if isinstance(text, dict):
            text = json.dumps(text)  # JSON is YAML
        lines = [f"{path}={value}".encode() for path, value in (changes or {}).items()]
        array = (_text * (len(lines) + 1))(*lines)
        message = ctypes.create_string_buffer(_MESSAGE)
        self._handle = _pointer()
        if text is None:
            status = _library.flopcast_open(self._handle, os.fsencode(name), array, len(lines), message)
        else:
            status = _library.flopcast_open_text(
                self._handle, os.fsencode(name), text.encode(), array, len(lines), message
            )
        _check(status, message)

    def __del__(self):
        if getattr(self, "_handle", None):
            _library.flopcast_close(self._handle)
            self._handle = None

    @property
    def name(self):
        return _library.flopcast_scenario_name(self._handle).decode()

    @property
    def notes(self):
        """What was assumed, cut or overridden on the way from the text to the model."""
        notes = []
        while (note := _library.flopcast_note(self._handle, len(notes))) is not None:
            notes.append(note.decode())
        return notes

    def run(self, trials=0, seed=None, first=0, threads=0, backend="auto", samples=False):
        """Simulates `trials` worlds (0: as the scenario says) and returns a Result. `samples` keeps the values of every
        world: trials x metrics x 4 bytes."""
        options = _Options(
            trials=trials,
            seed=seed or 0,
            has_seed=seed is not None,
            first=first,
            threads=threads,
            backend=backend.encode(),
            keep_samples=samples,
        )
        message = ctypes.create_string_buffer(_MESSAGE)
        handle = _pointer()
        _check(_library.flopcast_run(handle, self._handle, options, message), message)
        return Result(handle)


class Metric:
    """One metric of a result: name, unit, what it is, and its figures."""

    def __init__(self, result, number):
        self._result, self._number = result, number

    def _ask(self, question, *arguments):
        return getattr(_library, "flopcast_" + question)(self._result._handle, self._number, *arguments)

    def _figure(self, question, *arguments):
        figure = self._ask(question, *arguments)
        return Figure(figure.value, figure.error, figure.lo, figure.hi)

    @property
    def name(self):
        return self._ask("metric_name").decode()

    @property
    def unit(self):
        return self._ask("metric_unit").decode()

    @property
    def what(self):
        return self._ask("metric_what").decode()

    @property
    def worst_is_high(self):
        return bool(self._ask("metric_worst_is_high"))

    @property
    def is_chance(self):
        return bool(self._ask("metric_is_chance"))

    def mean(self):
        return self._figure("mean")

    def sd(self):
        return self._figure("sd")

    def quantile(self, p):
        return self._figure("quantile", p)

    def tail(self, share=0.05):
        """Mean of the worst share of the worlds (CVaR)."""
        return self._figure("tail", share)

    def chance(self):
        """Of a metric that is 0 or 1."""
        return self._figure("chance")

    def samples(self):
        return self._result.samples(self.name)

    def __repr__(self):
        return f"<flopcast.Metric {self.name} [{self.unit}]: {self.what}>"


class Result:
    """What a run gave: metrics by name, the digest that proves its bits, samples, and the JSON of the program."""

    def __init__(self, handle):
        self._handle = handle

    def __del__(self):
        if getattr(self, "_handle", None):
            _library.flopcast_result_free(self._handle)
            self._handle = None

    @property
    def trials(self):
        return _library.flopcast_trials(self._handle)

    @property
    def digest(self):
        return f"{_library.flopcast_digest(self._handle):016x}"

    def __len__(self):
        return _library.flopcast_metrics(self._handle)

    def __iter__(self):
        return (Metric(self, number).name for number in range(len(self)))

    def __contains__(self, name):
        return _library.flopcast_metric(self._handle, name.encode()) >= 0

    def __getitem__(self, name):
        number = _library.flopcast_metric(self._handle, name.encode())
        if number < 0:
            raise KeyError(name)
        return Metric(self, number)

    def samples(self, name):
        """The metric in every world, as a float32 array; NaN where a world has no value."""
        import numpy

        values = numpy.empty(self.trials, dtype=numpy.float32)
        number = self[name]._number
        count = _library.flopcast_samples(self._handle, number, values.ctypes.data, len(values))
        if count != len(values):
            raise Error("the samples were not kept; run with samples=True", 2)
        return values

    def frame(self):
        """All metrics of all worlds as a pandas.DataFrame."""
        import pandas

        return pandas.DataFrame({name: self.samples(name) for name in self})

    def json(self):
        """The result as `flopcast run --json` writes it, as a dictionary."""
        text = _library.flopcast_json(self._handle)
        if not text:
            raise MemoryError
        try:
            return json.loads(ctypes.string_at(text))
        finally:
            _library.flopcast_free(text)
