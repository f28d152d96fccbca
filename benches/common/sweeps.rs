//! Many Gray–Scott time steps (`mul_add` in simd.rs), in sweeps over memory and one by one.

use ndarray::Array2;
use ndarray_lockstep::{ArrayInterior, Boundary, Stencil, StencilSteps, Window};

use super::simd::{Inputs, Memory, Outputs, mul_add};
use super::stencils::Fields;

pub const STEPS: usize = 64;

/// The fields restart after this many steps. Later, numbers approach 0, and arithmetic on such
/// small numbers takes longer.
pub const LIFE: usize = 256;

/// The values outside, the same for both candidates. They keep bounded fields bounded.
pub const OUTSIDE: [f32; 2] = [1.0, 0.0];

#[inline(always)]
fn kernel([u, v]: [Window<'_, f32, 3, 3>; 2]) -> [f32; 2] {
    mul_add::cell(u.to_array(), v.to_array()).into()
}

/// Two fields of the size of the interior of arrays of shape `dim`, and their steps.
pub struct Sweeps {
    pub fields: [Array2<f32>; 2],
    age: usize,
    steps: StencilSteps<3, 3, 2, f32>,
}

impl Sweeps {
    pub fn new(dim: (usize, usize)) -> Self {
        let Fields { u, v } = Fields::new((dim.0 - 2, dim.1 - 2));
        Sweeps { fields: [u, v], age: 0, steps: Stencil::stepper(OUTSIDE.map(Boundary::Constant)) }
    }

    pub fn depth(dim: (usize, usize), depth: usize) -> Self {
        let Sweeps { fields, age, steps } = Self::new(dim);
        Sweeps { fields, age, steps: steps.depth(depth) }
    }

    /// Resets the fields to the initial state.
    pub fn restart(&mut self) {
        let [u, v] = &mut self.fields;
        Fields::start([u.view_mut(), v.view_mut()]);
        self.age = 0;
    }

    /// Restarts if the next steps would exceed [`LIFE`].
    fn live(&mut self, steps: usize) {
        if self.age + steps > LIFE {
            self.restart();
        }
        self.age += steps;
    }

    #[inline(never)]
    #[expect(clippy::redundant_closure, reason = "marked as users mark theirs")]
    pub fn run(&mut self, steps: usize) {
        self.live(steps);
        self.steps.run(
            steps,
            self.fields.each_mut(),
            #[inline(always)]
            |windows| kernel(windows),
        );
    }

    #[cfg(feature = "rayon")]
    #[inline(never)]
    #[expect(clippy::redundant_closure, reason = "marked as users mark theirs")]
    pub fn par_run(&mut self, steps: usize) {
        self.live(steps);
        self.steps.par_run(
            steps,
            self.fields.each_mut(),
            #[inline(always)]
            |windows| kernel(windows),
        );
    }
}

/// Separate steps, from one pair of arrays to another.
pub struct Separate {
    pub memory: Memory,
    age: usize,
}

impl Separate {
    pub fn new(dim: (usize, usize)) -> Self {
        let Fields { u, v } = Fields::new((dim.0 - 2, dim.1 - 2));
        let padded = |field: Array2<f32>, outside| {
            let mut padded = Array2::from_elem(dim, outside);
            padded.interior_mut::<3, 3>().assign(&field);
            padded
        };
        let now = [padded(u, OUTSIDE[0]), padded(v, OUTSIDE[1])];
        let [u, v] = now.clone();
        let [next_u, next_v] = now;
        Separate { memory: Memory::Allocated([u, v, next_u, next_v]), age: 0 }
    }

    /// Resets the fields to the initial state.
    pub fn restart(&mut self) {
        let (_, [mut u, mut v]) = self.memory.fields();
        Fields::start([u.interior_mut::<3, 3>(), v.interior_mut::<3, 3>()]);
        self.memory.swap();
        self.age = 0;
    }

    pub fn run(&mut self, steps: usize, step: &dyn Fn(Inputs, Outputs)) {
        if self.age + steps > LIFE {
            self.restart();
        }
        self.age += steps;
        for _ in 0..steps {
            self.memory.run(step);
            self.memory.swap();
        }
    }

    pub fn state(&mut self) -> [Array2<f32>; 2] {
        self.memory.fields().0.map(|field| field.interior::<3, 3>().to_owned())
    }
}
