"""figure: something measured several times, its goal, and tables of such."""

import statistics


class Figure:
    """goal: None, ("at most", number) or ("at least", number); it holds for the median."""

    def __init__(self, name, unit, values, goal=None, note=""):
        self.name = name
        self.unit = unit
        self.values = list(values)
        self.goal = goal
        self.note = note

    @property
    def median(self):
        return statistics.median(self.values)

    @property
    def verdict(self):
        if self.goal is None:
            return ""
        word, limit = self.goal
        holds = self.median <= limit if word == "at most" else self.median >= limit
        return "met" if holds else "missed"

    def cells(self):
        goal = "" if self.goal is None else f"{self.goal[0]} {number(self.goal[1])}"
        return [f"{self.name}, {self.unit}", number(self.median),
                f"{number(min(self.values))}..{number(max(self.values))} ({len(self.values)})", goal,
                self.verdict, self.note]


HEAD = ["figure", "median", "min..max (runs)", "goal", "", "beside"]


def number(value):
    if value >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def print_table(figures):
    rows = [HEAD] + [figure.cells() for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def markdown(figures):
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join(lines + ["| " + " | ".join(figure.cells()) + " |" for figure in figures])
