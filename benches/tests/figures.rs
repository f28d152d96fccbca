//! The figures in the README are those of the benchmark report, `docs/benchmarks.md`.
//! `scripts/benchmarks.sh` writes both.
#![cfg(not(miri))]

#[path = "../report/chart.rs"]
mod chart;
#[path = "../report/figures.rs"]
mod figures;

/// Returns the text as it is in the repository: some checkouts change the line endings.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[test]
fn the_readme_has_the_figures_of_the_report() {
    let (readme, report) = (lines(include_str!("../../README.md")), lines(include_str!("../../docs/benchmarks.md")));
    let expected = figures::readme(&readme, &report).expect("the README has places for figures");
    assert_eq!(readme, expected, "run scripts/benchmarks.sh, which writes both");
}

#[test]
fn the_picture_of_the_readme_has_the_figures_of_the_report() {
    let report = lines(include_str!("../../docs/benchmarks.md"));
    assert_eq!(lines(include_str!("../../docs/benchmarks.svg")), figures::readme_picture(&report));
}

#[test]
fn figures_are_found_in_a_report() {
    let report = "Measured on a machine.\n\n## Where this crate loses\n\n- Four arrays: C is faster\n\n## Loops\n\n### Four arrays\n\n\
                  | one thread | 64×258, 258 KiB | ÷ `simd_azip!` | 2048×4098, 1 MiB | ÷ `simd_azip!` |\n|---|--:|--:|--:|--:|\n\
                  | **`simd_azip!`** | 0.150 (0.140–0.160) |  | 0.900 (0.800–1.00) |  |\n\
                  | `ndarray::azip!` | 0.156 (0.140–0.160) | 1.04 (1.00–1.10) | 0.900 (0.800–1.00) | 1.00 (0.900–1.10) |\n\
                  | `ndarray::azip!` in `#[multiversion]` | 1.50 (1.40–1.60) | 10.0 (9.00–11.0) | 1.80 (1.60–2.00) | 2.00 (1.90–2.10) |\n\
                  | C | 0.140 (0.130–0.150) ◄ | 0.930 (0.900–0.950) | – |  |\n\
                  | Numba | 0.160 (0.150–0.170) | 1.07 (1.00–1.10) | 1.00 (0.900–1.10) | 1.11 (1.00–1.20) |\n\n\
                  | 2 threads | 64×258, 258 KiB | ÷ `par_azip!` |\n|---|--:|--:|\n| C | 0.010 (0.010–0.010) |  |\n\n\
                  ### Many time steps\n\n\
                  | one thread | 2050×4162, 1 MiB | ÷ `StencilSteps` |\n|---|--:|--:|\n\
                  | **`StencilSteps`** | 0.500 (0.400–0.600) |  |\n\
                  | **separate steps by `simd_azip!`** | 1.00 (0.900–1.10) | 2.00 (1.90–2.10) |\n\n\
                  | 2 threads | 2050×4162, 1 MiB | ÷ `StencilSteps`, parallel |\n|---|--:|--:|\n\
                  | **`StencilSteps`, parallel** | 0.300 (0.200–0.400) |  |\n\
                  | **separate steps by `par_azip!`** | 0.500 (0.400–0.600) | 1.67 (1.50–1.80) |\n\n\
                  ### Other\n\n| one thread | 64×258, 1 B |\n|---|--:|\n| Halide | 7.00 (7.00–7.00) |\n";
    let readme = "Top\n<!-- benchmarks at a glance: begin -->\nold\n<!-- benchmarks at a glance: end -->\n\
                  Text\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nEnd\n";
    let block = figures::readme(readme, report).expect("there are both places");
    assert!(block.starts_with("Top\n") && block.contains("\nText\n") && block.ends_with("\nEnd\n"), "{block}");
    assert!(!block.contains("old"), "{block}");
    assert!(block.contains("medians, on a machine.\n"), "{block}");
    assert!(block.contains("| Four arrays, `w += x + y * z`, 64×258 | 0.156 | 1.50 |  | **0.150** |\n"), "{block}");
    assert!(
        block.contains("| Four arrays, `w += x + y * z`, 64×258 | **0.150** | 0.156 | 1.50 | 0.140 | 0.160 |\n"),
        "{block}"
    );
    assert!(block.contains("| 2048×4098 | **0.900** | 0.900 | 1.80 |  | 1.00 |\n"), "{block}");
    assert!(block.contains("contiguous arrays gain nothing.\n"), "{block}");
    assert!(block.contains("these loops run 10 times as fast.\n"), "{block}");
    assert!(
        block.contains(
            "time steps over 2050×4162 cells take 0.50 of the time of separate steps on one thread, and 0.60 on several threads.\n"
        ),
        "{block}"
    );
    assert!(block.contains("\n- Four arrays: C is faster\n"), "{block}");
    assert!(!block.contains("7.00"), "{block}");
    assert_eq!(figures::readme("no place", report), None);
}
