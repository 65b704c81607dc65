# Tables, and the sections of a page that is made from bench/template.md.
# SPDX-License-Identifier: Apache-2.0

import pathlib
import re

import measure

MEMORY_GOAL = 32 << 10

SECTION = re.compile(r"(<!-- begin ([a-z]+) -->\n)(.*?)(<!-- end \2 -->\n)", re.DOTALL)


def table(head, lines):
    """A table that reads well as text and as Markdown."""
    lines = [[str(cell) for cell in line] for line in lines]
    widths = [max(len(line[column]) for line in [head, *lines]) for column in range(len(head))]
    rows = [head, ["-" * width for width in widths], *lines]
    return "".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |\n" for row in rows)


def seconds(value):
    if value is None:
        return ""
    return f"{value * 1000:.1f} ms" if value < 0.1 else f"{value:.2f} s"


def mebibytes(kibibytes):
    return f"{kibibytes / 1024:.1f} MiB"


def yes(reached):
    return "yes" if reached else "**no**"


def comparisons(results):
    """Each goal on a line: `results` are (work, samples of provar, samples of each other)."""
    lines = []
    for work, ours, others in results:
        if work.missing:
            lines.append([work.name, "", "", f"not available: {work.missing}", "", ""])
            continue
        lines += [[work.name, against.name, against.goal.text, f"missing: {against.missing}", "", ""]
                  for against in work.against if against.missing]
        for against, theirs in zip(work.present, others):
            middle, spread, reached = against.goal.judge(ours, theirs)
            lines.append([work.name, against.name, against.goal.text, middle, spread, yes(reached)])
    return table(["work", "against", "goal", "median of the pairs", "middle half of them", "reached"], lines)


def costs(results):
    """What each command took, by its medians."""
    lines = []
    for work, ours, others in results:
        if work.missing:
            continue
        rows = [("provar", ours)] + [(against.name, samples) for against, samples in zip(work.present, others)]
        for name, samples in rows:
            cost = measure.median(samples)
            lines.append([work.name, name, seconds(cost.wall), seconds(cost.cpu), mebibytes(cost.peak),
                          seconds(cost.told)])
    return table(["work", "program", "time", "processor", "peak memory", "of the time, the crate's"], lines)


def memory(results):
    peaks = {work.name: max(sample.peak for sample in ours) for work, ours, _ in results if not work.missing}
    lines = [[name, mebibytes(peak), yes(peak < MEMORY_GOAL)] for name, peak in peaks.items()]
    return table(["work", "highest peak of provar", "under 32 MiB"], lines)


def sizes(ours, theirs):
    """Of the gzip archives; not larger is the goal."""
    return table(["gzip archive by", "bytes", "not larger than the reference's"],
                 [["provar, default level", ours, yes(ours <= theirs)], ["the reference", theirs, ""]])


def fill(page, section, text):
    """Writes the page anew from the template: this section as given, the others as the page has them."""
    page = pathlib.Path(page)
    template = (pathlib.Path(__file__).parent / "template.md").read_text(encoding="utf-8")
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    bodies = {name: body for _, name, body, _ in SECTION.findall(before)} | {section: text}
    whole = SECTION.sub(lambda match: match[1] + bodies.get(match[2], match[3]) + match[4], template)
    page.write_text(whole, encoding="utf-8")
