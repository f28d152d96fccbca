"""The loops of the benchmark report in Numba, Halide, pystencils, Devito and SciPy. `python.rs` runs this process and
takes turns with it.

It reads one command per line from stdin, with tabs between the fields, and answers with one line:

    versions                                            -> "ok", and a field "LIBRARY VERSION" per library
    prepare LIBRARY LOOP SHAPE TYPE OFFSETS -           -> "ok NUMBER"
    prepare LIBRARY LOOP SHAPE TYPE DISTANCES FOLDER    -> "ok NUMBER"
    time NUMBER CALLS                                   -> "ok NANOSECONDS", the total of all calls
    forget NUMBER                                       -> "ok"

or with "error" and the reason.

`prepare` compiles a loop for arrays, and runs it once, so that the results can be checked. All arrays have the
shape SHAPE (such as 64x258) and the numpy type TYPE. They are at OFFSETS in the file `SHARED_MEMORY`, which is
the memory of the program in Rust. Where that is not possible, `prepare` reads them from the files 0, 1, ... of
FOLDER, and writes them to the files 0.after, 1.after, ...; the start of each has the distance in DISTANCES from
a multiple of 4096 bytes, the same as in Rust.

`time` repeats calls in compiled code, because a call from Python takes longer than a small loop. SciPy and
pystencils are exceptions: their users call them from Python. A call of pystencils takes about 1 microsecond.

The environment sets the number of threads (`NUMBA_NUM_THREADS`, `HL_NUM_THREADS`, `OMP_NUM_THREADS`). With more
than one, loops are parallel.
"""

import functools
import importlib
import importlib.metadata
import mmap
import os
import sys
import time

import numpy as np

THREADS = int(os.environ.get("NUMBA_NUM_THREADS", "1"))
PARALLEL = THREADS > 1

# Steps per call, and the number of steps after which the fields start again: STEPS and LIFE in
# ../common/sweeps.rs.
STEPS = 64
LIFE = 256

F = np.float32


@functools.cache
def shared_memory():
    with open(os.environ["SHARED_MEMORY"], "r+b") as file:
        return mmap.mmap(file.fileno(), 0)


def placed(array, distance):
    """Returns a copy of `array` that starts `distance` bytes after a multiple of 4096."""
    memory = np.empty(array.nbytes + 8192, np.uint8)
    first = -memory.ctypes.data % 4096 + distance
    copy = memory[first : first + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Numba:
    """Loops over rows and cells, compiled by Numba without `fastmath`: each operation rounds its result. With
    `contracted`, products may be fused with sums, as C compilers do."""

    def __init__(self, contracted=False):
        from numba import njit, prange

        jit = njit(parallel=PARALLEL, fastmath={"contract"} if contracted else False, error_model="numpy")
        inner = njit(inline="always")

        q, h, t, one = F(0.25), F(0.5), F(3), F(1)
        feed, loss, spread_of_u, spread_of_v = F(0.014), F(0.068), F(0.1), F(0.05)

        @jit
        def four_arrays(x, y, z, w):
            for i in prange(w.shape[0]):
                for j in range(w.shape[1]):
                    w[i, j] += x[i, j] + y[i, j] * z[i, j]

        @inner
        def spread_mul_add(f, i, j):
            c = f[i + 1, j + 1]
            s = q * (f[i, j] - c)
            s = h * (f[i, j + 1] - c) + s
            s = q * (f[i, j + 2] - c) + s
            s = h * (f[i + 1, j] - c) + s
            s = h * (f[i + 1, j + 2] - c) + s
            s = q * (f[i + 2, j] - c) + s
            s = h * (f[i + 2, j + 1] - c) + s
            return q * (f[i + 2, j + 2] - c) + s

        @inner
        def spread_shared(f, i, j):
            corners = (f[i, j] + f[i, j + 2]) + (f[i + 2, j] + f[i + 2, j + 2])
            edges = (f[i, j + 1] + f[i + 2, j + 1]) + (f[i + 1, j] + f[i + 1, j + 2])
            return h * edges + (q * corners - t * f[i + 1, j + 1])

        def gray_scott(spread):
            @jit
            def step(u, v, next_u, next_v):
                for i in prange(u.shape[0] - 2):
                    for j in range(u.shape[1] - 2):
                        a, b = u[i + 1, j + 1], v[i + 1, j + 1]
                        r = a * b * b
                        next_u[i + 1, j + 1] = a + (spread_of_u * spread(u, i, j) + (feed * (one - a) - r))
                        next_v[i + 1, j + 1] = b + (spread_of_v * spread(v, i, j) + (r - loss * b))

            return step

        @jit
        def blur_5x5(f, out):
            scale = one / F(25)
            for i in prange(f.shape[0] - 4):
                for j in range(f.shape[1] - 4):
                    s = F(0)
                    for k in range(5):
                        for l in range(5):
                            s += f[i + k, j + l]
                    out[i + 2, j + 2] = s * scale

        @inner
        def smoothed(f, above, i, below, left, j, right):
            corners = (f[above, left] + f[above, right]) + (f[below, left] + f[below, right])
            edges = (f[above, j] + f[below, j]) + (f[i, left] + f[i, right])
            return F(0.0625) * corners + (F(0.125) * edges + F(0.25) * f[i, j])

        @jit
        def filter_3x3(f, out):
            rows, cols = f.shape
            for i in prange(rows):
                above, below = max(i - 1, 0), min(i + 1, rows - 1)
                out[i, 0] = smoothed(f, above, i, below, 0, 0, min(1, cols - 1))
                for j in range(cols - 2):
                    out[i, j + 1] = smoothed(f, above, i, below, j, j + 1, j + 2)
                out[i, cols - 1] = smoothed(f, above, i, below, max(cols - 2, 0), cols - 1, cols - 1)

        @jit
        def heat(f, out):
            rate, six = f.dtype.type(0.1), f.dtype.type(6)
            for i in prange(f.shape[0] - 2):
                for j in range(f.shape[1] - 2):
                    for l in range(f.shape[2] - 2):
                        c = f[i + 1, j + 1, l + 1]
                        around = f[i, j + 1, l + 1] + f[i + 2, j + 1, l + 1] + f[i + 1, j, l + 1]
                        around = around + f[i + 1, j + 2, l + 1] + f[i + 1, j + 1, l] + f[i + 1, j + 1, l + 2]
                        out[i + 1, j + 1, l + 1] = c + rate * (around - six * c)

        mul_add = gray_scott(spread_mul_add)
        self.njit = njit
        self.loops = {
            "four_arrays": four_arrays,
            "gray_scott_mul_add": mul_add,
            "gray_scott_shared": gray_scott(spread_shared),
            "blur_5x5": blur_5x5,
            "filter_3x3": filter_3x3,
            "heat": heat,
        }
        self.step = mul_add

    def prepare(self, loop, arrays):
        if loop == "time_steps":
            return self.time_steps(arrays)
        kernel = self.loops[loop]

        @self.njit
        def repeat(calls, *arrays):
            for _ in range(calls):
                kernel(*arrays)

        return lambda calls: repeat(calls, *arrays)

    def time_steps(self, arrays):
        step = self.step

        @self.njit
        def repeat(calls, start_u, start_v, u, v, next_u, next_v):
            for call in range(calls):
                if call % (LIFE // STEPS) == 0:
                    u[:], v[:] = start_u, start_v
                for _ in range(STEPS // 2):
                    step(u, v, next_u, next_v)
                    step(next_u, next_v, u, v)

        start = [array.copy() for array in arrays[:2]]
        return lambda calls: repeat(calls, *start, *arrays)


class Halide:
    """The same loops in Halide: vectors of the machine's width, and jammed rows that share their loads. Of a few
    such schedules, the fastest one for the given arrays is used. Halide may fuse products with sums."""

    # Vectors per tile, and rows per tile.
    SCHEDULES = [(1, 1), (1, 2), (1, 4), (2, 1), (2, 2)]

    def __init__(self):
        import halide

        self.hl = halide
        self.target = halide.get_jit_target_from_environment()
        self.compiled = {}

    def prepare(self, loop, arrays):
        outputs = {"gray_scott_mul_add": 2, "gray_scott_shared": 2}.get(loop, 1)
        halo = {"four_arrays": 0, "filter_3x3": 0, "blur_5x5": 2}.get(loop, 1)
        inputs = [self.hl.Buffer(array) for array in arrays[:-outputs]]
        results = [array[(slice(halo, -halo),) * array.ndim] if halo else array for array in arrays[-outputs:]]

        def runner(function):
            def run(calls):
                # All calls write the same cells: the stride of the outermost dimension is 0.
                views = [
                    np.lib.stride_tricks.as_strided(result, (calls, *result.shape), (0, *result.strides))
                    for result in results
                ]
                buffers = [self.hl.Buffer(view) for view in views]
                for buffer in buffers:
                    buffer.set_min([halo] * arrays[0].ndim + [0])
                function(*inputs, *buffers)

            return run

        lanes = self.target.natural_vector_size(self.kind(arrays[0]))
        # Tiles that are larger than the arrays would exceed them.
        fitting = [
            (vectors, rows)
            for vectors, rows in self.SCHEDULES
            if vectors * lanes <= results[0].shape[-1] and rows <= results[0].shape[-2]
        ]
        runs = [runner(self.function(loop, arrays, schedule)) for schedule in fitting]
        return restored(arrays, lambda: min(runs, key=fastest))

    def function(self, loop, arrays, schedule):
        # With several threads the schedule depends on the size.
        key = (loop, arrays[0].dtype, schedule, arrays[0].shape if PARALLEL else None)
        if key not in self.compiled:
            self.compiled[key] = self.compile(loop, arrays, schedule)
        return self.compiled[key]

    def kind(self, array):
        return self.hl.Float(8 * array.itemsize)

    def compile(self, loop, arrays, schedule):
        hl = self.hl
        kind = self.kind(arrays[0])
        axes = [hl.Var(name) for name in "xyz"[: arrays[0].ndim]]
        result, inputs = getattr(self, loop)(axes, kind)
        self.tile(result, axes, schedule, self.target.natural_vector_size(kind), arrays[0].shape, loop == "four_arrays")
        return result.compile_to_callable(inputs, self.target)

    def tile(self, result, axes, schedule, lanes, shape, in_place):
        hl = self.hl
        vectors, rows = schedule
        x, y = axes[0], axes[1]
        outer_x, outer_y, inner_x, inner_y, band = (hl.Var(name) for name in ("outer_x", "outer_y", "inner_x", "inner_y", "band"))
        # An update must not visit a cell twice. Other loops may.
        stage = result.update() if in_place else result
        tail = hl.TailStrategy.GuardWithIf if in_place else hl.TailStrategy.Auto
        stage.tile(x, y, outer_x, outer_y, inner_x, inner_y, vectors * lanes, rows, tail)
        stage.vectorize(inner_x, lanes).unroll(inner_x).unroll(inner_y)
        if PARALLEL and len(axes) == 3:
            stage.parallel(axes[2])
        elif PARALLEL:
            bands = 4 * THREADS
            stage.split(outer_y, band, outer_y, max(1, shape[0] // rows // bands), tail).parallel(band)

    def parameters(self, count, axes, kind):
        return [self.hl.ImageParam(kind, len(axes)) for _ in range(count)]

    def four_arrays(self, axes, kind):
        x, y, z = inputs = self.parameters(3, axes, kind)
        w = self.hl.Func("w")
        cell = (*axes, self.hl.Var("call"))
        w[cell] = self.hl.undef(kind)
        w[cell] += x[tuple(axes)] + y[tuple(axes)] * z[tuple(axes)]
        return w, inputs

    def defined(self, axes, value):
        result = self.hl.Func("result")
        result[(*axes, self.hl.Var("call"))] = value
        return result

    def gray_scott(self, spread, axes, kind):
        u, v = inputs = self.parameters(2, axes, kind)
        x, y = axes
        a, b = u[x, y], v[x, y]
        reaction = a * b * b
        f = self.hl.f32
        next_u = a + (f(0.1) * spread(u, x, y) + (f(0.014) * (1.0 - a) - reaction))
        next_v = b + (f(0.05) * spread(v, x, y) + (reaction - f(0.068) * b))
        return self.defined(axes, (next_u, next_v)), inputs

    def gray_scott_mul_add(self, axes, kind):
        def spread(f, x, y):
            c = f[x, y]
            s = 0.25 * (f[x - 1, y - 1] - c)
            for weight, k, l in [(0.5, -1, 0), (0.25, -1, 1), (0.5, 0, -1), (0.5, 0, 1), (0.25, 1, -1), (0.5, 1, 0), (0.25, 1, 1)]:
                s = weight * (f[x + l, y + k] - c) + s
            return s

        return self.gray_scott(spread, axes, kind)

    def gray_scott_shared(self, axes, kind):
        def spread(f, x, y):
            corners = (f[x - 1, y - 1] + f[x + 1, y - 1]) + (f[x - 1, y + 1] + f[x + 1, y + 1])
            edges = (f[x, y - 1] + f[x, y + 1]) + (f[x - 1, y] + f[x + 1, y])
            return 0.5 * edges + (0.25 * corners - 3.0 * f[x, y])

        return self.gray_scott(spread, axes, kind)

    def blur_5x5(self, axes, kind):
        (f,) = inputs = self.parameters(1, axes, kind)
        x, y = axes
        cells = [f[x + l, y + k] for k in range(-2, 3) for l in range(-2, 3)]
        total = cells[0]
        for cell in cells[1:]:
            total = total + cell
        return self.defined(axes, total * self.hl.f32(1.0 / 25.0)), inputs

    def filter_3x3(self, axes, kind):
        (image,) = inputs = self.parameters(1, axes, kind)
        x, y = axes
        f = self.hl.BoundaryConditions.repeat_edge(image)
        corners = (f[x - 1, y - 1] + f[x + 1, y - 1]) + (f[x - 1, y + 1] + f[x + 1, y + 1])
        edges = (f[x, y - 1] + f[x, y + 1]) + (f[x - 1, y] + f[x + 1, y])
        return self.defined(axes, 0.0625 * corners + (0.125 * edges + 0.25 * f[x, y])), inputs

    def heat(self, axes, kind):
        (f,) = inputs = self.parameters(1, axes, kind)
        x, y, z = axes
        c = f[x, y, z]
        around = f[x, y, z - 1] + f[x, y, z + 1] + f[x, y - 1, z] + f[x, y + 1, z] + f[x - 1, y, z] + f[x + 1, y, z]
        rate, six = self.hl.cast(kind, self.hl.f64(0.1)), self.hl.cast(kind, 6.0)
        return self.defined(axes, c + rate * (around - six * c)), inputs


class PyStencils:
    """The same loops in pystencils, for arrays of known shape. Vectorised by pystencils or by the C++ compiler, whichever
    is faster for the given arrays. pystencils compiles with `-Ofast`, and may change the order of sums."""

    def __init__(self):
        import pystencils

        self.ps = pystencils
        self.loops = {
            "four_arrays": self.four_arrays,
            "gray_scott_mul_add": lambda fields: self.gray_scott(self.spread_of_differences, fields),
            "gray_scott_shared": lambda fields: self.gray_scott(self.spread_shared, fields),
            "blur_5x5": self.blur_5x5,
            "heat": self.heat,
        }
        self.halos = {"four_arrays": 0, "blur_5x5": 2}

    def prepare(self, loop, arrays):
        if loop == "time_steps":
            return self.time_steps(arrays)
        return restored(arrays, lambda: min(self.kernels(loop, arrays), key=fastest))

    def kernels(self, loop, arrays):
        """Returns the loop in both ways, as functions of the number of calls."""
        names = [f"f{number}" for number in range(len(arrays))]
        arguments = dict(zip(names, arrays))
        fields = [self.ps.Field.create_from_numpy_array(name, array) for name, array in arguments.items()]

        def runner(vectorised):
            config = self.ps.CreateKernelConfig(
                target=self.ps.Target.CurrentCPU,
                default_dtype=str(arrays[0].dtype),
                ghost_layers=self.halos.get(loop, 1),
            )
            config.cpu.vectorize.enable = vectorised
            config.cpu.vectorize.assume_inner_stride_one = True
            config.cpu.openmp.enable = PARALLEL
            kernel = self.ps.create_kernel(self.loops[loop](fields), config).compile()

            def run(calls):
                for _ in range(calls):
                    kernel(**arguments)

            return run

        return [runner(vectorised) for vectorised in (True, False)]

    def time_steps(self, arrays):
        start = [array.copy() for array in arrays]
        there = self.kernels("gray_scott_mul_add", arrays)
        back = self.kernels("gray_scott_mul_add", [arrays[2], arrays[3], arrays[0], arrays[1]])
        best = restored(arrays, lambda: min(range(2), key=lambda way: fastest(there[way])))

        def run(calls):
            for call in range(calls):
                if call % (LIFE // STEPS) == 0:
                    arrays[0][...], arrays[1][...] = start[:2]
                for _ in range(STEPS // 2):
                    there[best](1)
                    back[best](1)

        return run

    def four_arrays(self, fields):
        x, y, z, w = (field.center for field in fields)
        return [self.ps.Assignment(w, w + x + y * z)]

    def spread_of_differences(self, f):
        weights = {(k, l): 0.5 if k == 0 or l == 0 else 0.25 for k in (-1, 0, 1) for l in (-1, 0, 1) if (k, l) != (0, 0)}
        return sum(weight * (f[at] - f[0, 0]) for at, weight in weights.items())

    def spread_shared(self, f):
        corners = (f[-1, -1] + f[-1, 1]) + (f[1, -1] + f[1, 1])
        edges = (f[-1, 0] + f[1, 0]) + (f[0, -1] + f[0, 1])
        return 0.5 * edges + (0.25 * corners - 3 * f[0, 0])

    def gray_scott(self, spread, fields):
        u, v, next_u, next_v = fields
        a, b = u.center, v.center
        reaction = self.ps.TypedSymbol("reaction", u.dtype)
        return [
            self.ps.Assignment(reaction, a * b * b),
            self.ps.Assignment(next_u.center, a + (0.1 * spread(u) + (0.014 * (1 - a) - reaction))),
            self.ps.Assignment(next_v.center, b + (0.05 * spread(v) + (reaction - 0.068 * b))),
        ]

    def blur_5x5(self, fields):
        f, out = fields
        total = sum(f[k, l] for k in range(-2, 3) for l in range(-2, 3))
        return [self.ps.Assignment(out.center, total * (1 / 25))]

    def heat(self, fields):
        f, out = fields
        around = f[-1, 0, 0] + f[1, 0, 0] + f[0, -1, 0] + f[0, 1, 0] + f[0, 0, -1] + f[0, 0, 1]
        return [self.ps.Assignment(out.center, f.center + 0.1 * (around - 6 * f.center))]


class Devito:
    """Time steps in Devito, from one time level to the other and back, in arrays of its own. With or without blocks of
    rows, whichever is faster for the given arrays. Devito compiles with `-ffast-math`."""

    def __init__(self):
        os.environ["DEVITO_LOGGING"] = "ERROR"
        import devito

        self.devito = devito

    def prepare(self, loop, arrays):
        starts = arrays[: len(arrays) // 2]
        steps = STEPS if loop == "time_steps" else 1

        def runner(options):
            grid = self.devito.Grid(shape=tuple(length - 2 for length in starts[0].shape), dtype=starts[0].dtype.type)
            fields = [
                self.devito.TimeFunction(name=f"f{number}", grid=grid, time_order=1, space_order=(2, 1, 1))
                for number in range(len(starts))
            ]
            for field, start in zip(fields, starts):
                field.data_with_halo[...] = start
            equations = self.heat(*fields) if loop == "heat" else self.gray_scott(*fields)
            operator = self.devito.Operator(
                equations, opt=("advanced", options), language="openmp" if PARALLEL else "C"
            )
            # `Operator.apply` takes a millisecond to prepare these arguments, so they are kept.
            names = [parameter.name for parameter in operator.parameters]
            arguments = operator.arguments(time_M=0)
            values = [arguments[name] for name in names]
            kernel, last_step = operator.cfunction, names.index("time_M")

            def run(calls):
                values[last_step] = calls * steps - 1
                kernel(*values)

            run(1)
            results = [field.data[steps % 2].copy() for field in fields]
            return run, results

        (run, results) = min([runner({}), runner({"blocklevels": 0})], key=lambda candidate: fastest(candidate[0]))
        # The first half of the arrays is that of even steps.
        for array, result in zip(arrays[len(starts) * (steps % 2) :], results):
            array[(slice(1, -1),) * array.ndim] = result
        return run

    def at(self, f, *distances):
        return f.subs({axis: axis + distance * axis.spacing for axis, distance in zip(f.space_dimensions, distances)})

    def heat(self, f):
        rate = f.dtype(0.1)
        neighbours = [(-1, 0, 0), (1, 0, 0), (0, -1, 0), (0, 1, 0), (0, 0, -1), (0, 0, 1)]
        around = sum(self.at(f, *neighbour) for neighbour in neighbours)
        return [self.devito.Eq(f.forward, f + rate * (around - 6 * f))]

    def gray_scott(self, u, v):
        def spread(f):
            neighbours = [(k, l) for k in (-1, 0, 1) for l in (-1, 0, 1) if (k, l) != (0, 0)]
            return sum((0.25 if k and l else 0.5) * (self.at(f, k, l) - f) for k, l in neighbours)

        reaction = u * v * v
        return [
            self.devito.Eq(u.forward, u + (0.1 * spread(u) + (0.014 * (1 - u) - reaction))),
            self.devito.Eq(v.forward, v + (0.05 * spread(v) + (reaction - 0.068 * v))),
        ]


class SciPy:
    """Filters of `scipy.ndimage`."""

    def __init__(self):
        from scipy import ndimage

        self.ndimage = ndimage

    def prepare(self, loop, arrays):
        image, out = arrays
        if loop == "filter_3x3":
            weights = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], image.dtype) / 16

            def call():
                self.ndimage.correlate(image, weights, output=out, mode="nearest")

        else:
            raise KeyError(loop)

        def run(calls):
            for _ in range(calls):
                call()

        return run


def nanoseconds(run, calls):
    start = time.perf_counter_ns()
    run(calls)
    return time.perf_counter_ns() - start


def fastest(run):
    """Returns the nanoseconds per call: the best of a few turns of some milliseconds each."""
    calls = max(1, 3_000_000 // max(1, min(nanoseconds(run, 1) for _ in range(3))))
    return min(nanoseconds(run, calls) / calls for _ in range(5))


def restored(arrays, choose):
    """Returns what `choose` returns. The arrays, which `choose` may change, become what they were."""
    begun = [array.copy() for array in arrays]
    chosen = choose()
    for array, before in zip(arrays, begun):
        array[...] = before
    return chosen


LIBRARIES = {
    "numba": Numba,
    "numba-contracted": lambda: Numba(contracted=True),
    "halide": Halide,
    "pystencils": PyStencils,
    "devito": Devito,
    "scipy": SciPy,
}


class Server:
    def __init__(self):
        self.libraries = {}
        self.prepared = {}
        self.next = 0

    def versions(self):
        found = [f"Python {sys.version.split()[0]}"]
        for name in ["numpy", "numba", "halide", "pystencils", "devito", "scipy"]:
            try:
                importlib.import_module(name)
                found.append(f"{name} {importlib.metadata.version(name)}")
            except Exception as error:
                found.append(f"no {name} ({type(error).__name__})")
        return found

    def prepare(self, library, loop, shape, kind, places, folder):
        if library not in self.libraries:
            self.libraries[library] = LIBRARIES[library]()
        shape = tuple(int(length) for length in shape.split("x"))
        places = [int(place) for place in places.split(",")]
        is_shared = folder == "-"
        if is_shared:
            arrays = [np.ndarray(shape, kind, shared_memory(), place) for place in places]
        else:
            arrays = [
                placed(np.fromfile(os.path.join(folder, str(number)), kind).reshape(shape), place)
                for number, place in enumerate(places)
            ]
        run = self.libraries[library].prepare(loop, arrays)
        run(1)
        for number, array in enumerate([] if is_shared else arrays):
            array.tofile(os.path.join(folder, f"{number}.after"))
        self.next += 1
        self.prepared[str(self.next)] = run
        return [str(self.next)]

    def time(self, number, calls):
        return [str(nanoseconds(self.prepared[number], int(calls)))]

    def forget(self, number):
        del self.prepared[number]
        return []


def main():
    server = Server()
    commands = {"versions": server.versions, "prepare": server.prepare, "time": server.time, "forget": server.forget}
    # Output of the libraries must not be mistaken for an answer.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        name, *arguments = line.rstrip("\n").split("\t")
        try:
            answer = "\t".join(["ok", *commands[name](*arguments)])
        except Exception as error:
            answer = "\t".join(["error", " ".join(f"{type(error).__name__}: {error}".split())])
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main()
