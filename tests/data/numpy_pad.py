#!/usr/bin/env python3
"""Writes numpy_pad.txt, what numpy.pad does, for tests/boundary.rs: `python3 tests/data/numpy_pad.py > tests/data/numpy_pad.txt`.

A line is a case: the rules and the widths of top, bottom, left and right, the numbers of rows and columns, and the padded array row by
row. The array itself counts its cells from 1 on. Constants are -1 at the top, -2 at the bottom, -3 at the left and -4 at the right.
"""

import random

import numpy as np

MODES = ["constant", "edge", "reflect", "symmetric", "wrap"]


def pad(array, axis, before, after, mode, constants):
    """numpy.pad along one axis."""
    widths = [(0, 0), (0, 0)]
    widths[axis] = (before, after)
    values = [(0, 0), (0, 0)]
    values[axis] = constants
    options = {"constant_values": values} if mode == "constant" else {}
    return np.pad(array, widths, mode=mode, **options)


def pad_axis(array, axis, widths, modes, constants):
    """Pads one axis, each side by its own mode."""
    (before, after), length = widths, array.shape[axis]
    one = pad(array, axis, before, after, modes[0], constants)
    other = pad(array, axis, before, after, modes[1], constants)
    start = np.take(one, range(before + length), axis)
    end = np.take(other, range(before + length, before + length + after), axis)
    return np.concatenate([start, end], axis)


def case(rows, cols, modes, widths):
    array = np.arange(1, rows * cols + 1).reshape(rows, cols)
    padded = pad_axis(array, 0, widths[:2], modes[:2], (-1, -2))
    padded = pad_axis(padded, 1, widths[2:], modes[2:], (-3, -4))
    if len(set(modes)) == 1:
        options = {"constant_values": [(-1, -2), (-3, -4)]} if modes[0] == "constant" else {}
        at_once = np.pad(array, [widths[:2], widths[2:]], mode=modes[0], **options)
        assert (padded == at_once).all(), "numpy pads one axis after the other"
    print(*modes, *widths, rows, cols, *padded.flatten())


def main():
    print(f"# numpy {np.__version__}")
    for mode in MODES:
        for length in range(1, 6):
            for widths in [(12, 12), (12, 0), (0, 12), (3, 7)]:
                case(1, length, [mode] * 4, (0, 0, *widths))
            case(length, 1, [mode] * 4, (12, 12, 0, 0))
    random.seed(1)
    for mode in MODES:
        for _ in range(6):
            widths = [random.randint(0, 5) for _ in range(4)]
            case(random.randint(1, 4), random.randint(1, 4), [mode] * 4, widths)
    for rows in MODES:
        for cols in MODES:
            widths = [random.randint(1, 5) for _ in range(4)]
            case(random.randint(1, 4), random.randint(1, 4), [rows, rows, cols, cols], widths)
    for _ in range(30):
        modes = [random.choice(MODES) for _ in range(4)]
        widths = [random.randint(0, 5) for _ in range(4)]
        case(random.randint(1, 4), random.randint(1, 4), modes, widths)


if __name__ == "__main__":
    main()
