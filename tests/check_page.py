"""check_page.py PAGE.html RESULT.json: checks a page against the JSON that it was made of.

Every figure (<data value>, SVG text with data-value) is a number of the JSON and is shown rounded and scaled by a unit,
nothing else; every other number in the visible text stands in the JSON's texts, is a tick, or is a label such as P95.
Labels of a plot do not overlap and stay inside. Nothing is loaded from elsewhere. Prints what is wrong; status 1 then.
"""
import html.parser
import json
import math
import re
import sys

page = open(sys.argv[1], encoding="utf-8").read().replace("<wbr>", "")
numbers, texts = set(), []


def collect(node):
    if isinstance(node, dict):
        texts.extend(node.keys())
        for key, child in node.items():
            if key not in ("bins", "sums", "file_hash"):  # digits enough for any number
                collect(child)
    elif isinstance(node, list):
        for child in node:
            collect(child)
    elif isinstance(node, bool) or node is None:
        return
    elif isinstance(node, (int, float)):
        numbers.add(float(node))
    else:
        texts.append(node)
        numbers.update(float(n) for n in re.findall(r"^-?\d+\.?\d*(?:e[+-]?\d+)?", node))


result = json.load(open(sys.argv[2], encoding="utf-8"))
collect(result)
known = "\n".join(texts)
known_numbers = {n.rstrip(".") for n in re.findall(r"\d[\d.]*", known)}
faults = []

# What a unit may multiply with: k, M, bn, T; percent; GB; and powers of ten of FLOP.
SCALES = [1, 1e3, 1e6, 1e9, 1e12, 1e-2, *(10.0**e for e in range(13, 35))]


def shows(shown, value):
    shown = re.sub(r"^P\d+ ", "", shown)
    match = re.search(r"[-+]?\d[\d,]*\.?\d*(?:e[+-]?\d+)?", shown)
    if not match:
        return False
    text = match.group().replace(",", "")
    number = float(text)
    if number == 0:
        return abs(value) < 0.5 or "." in text or value == 0
    digits = len(re.sub(r"e.*|[-+.]", "", text).lstrip("0"))
    for scale in SCALES:
        step = 10.0 ** (math.floor(math.log10(abs(number))) - digits + 1)
        if abs(value / scale - number) <= 0.5001 * step + 1e-9 * abs(number):
            return True
    return False


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.figures, self.words, self.plots = [], 0, [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag in ("script", "link", "img", "iframe", "object", "image", "use"):
            faults.append(f"<{tag}> in the page")
        for name, value in attrs.items():
            if name in ("src", "href", "xlink:href") or "url(" in (value or "") or name.startswith("on"):
                faults.append(f"{name}={value} in the page")
        if tag == "svg":
            self.plots.append({"box": [float(x) for x in attrs["viewbox"].split()], "text": [], "shapes": 0})
        if self.plots and tag in ("rect", "circle", "polyline", "polygon"):
            self.plots[-1]["shapes"] += 1
        if tag not in ("meta", "br", "line", "rect", "circle", "polyline", "polygon"):
            self.open.append((tag, attrs, []))

    def handle_endtag(self, tag):
        while self.open:
            name, attrs, parts = self.open.pop()
            if name == tag:
                self.close(name, attrs, "".join(parts))
                return

    def handle_data(self, data):
        if not self.open:
            return
        self.open[-1][2].append(data)
        if not any(name in ("data", "style", "pre", "title") for name, _, _ in self.open) and self.open[-1][0] != "text":
            self.words.append(data)

    def close(self, tag, attrs, text):
        value = attrs.get("value") if tag == "data" else attrs.get("data-value")
        if value is not None:
            self.figures += 1
            if float(value) not in numbers:
                faults.append(f"{value} is not in the JSON")
            elif not shows(text, float(value)):
                faults.append(f"'{text}' does not show {value}")
        if tag == "text":
            wide = 6.0 * len(text)
            at, end = float(attrs["x"]), attrs["text-anchor"]
            left = at if end == "start" else at - wide if end == "end" else at - wide / 2
            self.plots[-1]["text"].append((left, left + wide, float(attrs["y"]), text))
            if value is None and "tick" not in attrs["class"]:
                self.words.append(text)


parsed = Page()
parsed.feed(page)
for plot in parsed.plots:
    if plot["shapes"] == 0:
        faults.append("a plot without anything in it")
    for i, (left, right, y, text) in enumerate(plot["text"]):
        if left < -1 or right > plot["box"][2] + 1 or y < 8 or y > plot["box"][3]:
            faults.append(f"'{text}' lies outside its plot")
        for left2, right2, y2, text2 in plot["text"][:i]:
            if abs(y - y2) < 11 and left < right2 - 1 and left2 < right - 1:
                faults.append(f"'{text}' lies over '{text2}'")
# 4095 stands in what two rates of return are: the highest that is told.
LABELS = r"\b4095 where it is that or more|\bat most 4095|\b1e\d+ FLOP|\bP\d+(?:\.\d+)?\b|\b(?:95|90|50|5) %|\bin (?:50|90)\b|from -1 to 1\b|measured - 1\b|\b0 in every\b|/ se\b"
for words in parsed.words:
    for number in re.findall(r"\d[\d.]*", re.sub(LABELS, " ", words)):
        if number.rstrip(".") not in known_numbers and words.strip() not in known:
            faults.append(f"the number {number} in '{words.strip()[:80]}' is not in the JSON")
if parsed.figures < 5:
    faults.append(f"only {parsed.figures} figures")
if len(page.encode()) > 500_000:
    faults.append(f"{len(page)} characters")
for fault in sorted(set(faults)):
    print(fault)
sys.exit(bool(faults))
