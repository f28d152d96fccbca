//! `Level` and its detection, `limit`, `dispatch` and `dispatch_at`.

use std::collections::HashSet;
use std::error::Error;

use super::*;

#[test]
fn levels_are_ordered_and_listed_from_the_lowest() {
    assert_eq!(Level::ALL, LEVELS);
    assert!(LEVELS.is_sorted() && Level::Baseline < Level::X86V3 && Level::X86V3 < Level::X86V4);
    assert_eq!(HashSet::from(LEVELS).len(), 3);
}

#[test]
fn levels_have_readable_names() {
    let names = LEVELS.map(|level| level.to_string());
    assert_eq!(names, ["baseline", "x86-64-v3 (AVX2, FMA)", "AVX-512 of Ice Lake"]);
    assert_eq!(format!("{:?}", Level::X86V3), "X86V3");
}

#[test]
fn a_machine_that_has_a_level_has_all_below_it() {
    assert!(Level::Baseline.is_available());
    assert!(LEVELS.is_sorted_by_key(|level| !level.is_available()));
    let highest = LEVELS.into_iter().rfind(|level| level.is_available());
    alone(|| assert_eq!(Some(Level::best()), highest));
}

#[cfg(all(target_arch = "x86_64", feature = "std"))]
#[test]
fn levels_are_those_that_the_standard_library_detects() {
    // The features that differ most between the two levels. Under Miri, both have those that
    // the program is compiled for.
    let v3 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("bmi2");
    let v4 = v3 && is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vbmi2");
    assert!(v3 || !Level::X86V3.is_available());
    assert!(v4 || !Level::X86V4.is_available());
    let rest = is_x86_feature_detected!("f16c")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("movbe")
        && is_x86_feature_detected!("popcnt");
    assert_eq!(Level::X86V3.is_available(), v3 && rest);
}

#[test]
fn a_limit_lowers_the_level_and_the_highest_level_removes_it() {
    alone(|| {
        let highest = Level::best();
        let lowest = simd::limit(Level::Baseline);
        assert!(lowest <= highest && Level::best() == lowest);
        for level in LEVELS {
            let expected = level.clamp(lowest, highest);
            assert_eq!(simd::limit(level), expected);
            assert_eq!(Level::best(), expected);
            // For the whole process, and not the machine's level.
            assert_eq!(std::thread::spawn(Level::best).join().unwrap(), expected);
            assert_eq!(LEVELS.map(Level::is_available), LEVELS.map(|level| level <= highest));
        }
        simd::limit(Level::Baseline);
        assert_eq!(simd::limit(Level::X86V4), highest);
        assert_eq!(Level::best(), highest);
    });
}

#[test]
fn a_level_that_the_machine_lacks_is_an_error_and_nothing_is_called() {
    alone(|| {
        let highest = Level::best();
        for limit in LEVELS {
            simd::limit(limit);
            for level in LEVELS {
                let mut calls = 0;
                let answer = simd::dispatch_at(level, || calls += 1);
                if level.is_available() {
                    assert_eq!((answer, calls), (Ok(()), 1), "independent of the limit");
                    continue;
                }
                let error = answer.unwrap_err();
                assert_eq!((error.level(), error.highest(), calls), (level, highest, 0));
                let message = format!("this machine does not have the level {level}: its highest is {highest}");
                assert_eq!(error.to_string(), message);
                let boxed: Box<dyn Error + Send + Sync> = error.into();
                assert!(boxed.source().is_none() && boxed.downcast_ref() == Some(&error));
            }
        }
    });
}

#[test]
fn closures_are_called_once_and_may_move_what_they_captured() {
    at_every_level(|level| {
        let text = String::from("moved");
        let mut calls = 0;
        let text = simd::dispatch(|| {
            calls += 1;
            text
        });
        assert_eq!((text.as_str(), calls), ("moved", 1), "at {level}");
        let bytes = simd::dispatch_at(level, || text.into_bytes()).unwrap();
        assert_eq!(bytes, b"moved", "at {level}");
        let nothing: () = simd::dispatch(|| ());
        let large = simd::dispatch(|| [level; 1000]);
        assert_eq!((nothing, large.len(), large[999]), ((), 1000, level));
    });
}

#[test]
fn a_closure_may_return_a_reference_that_it_captured() {
    fn longest(texts: &[String]) -> Option<&String> {
        simd::dispatch(|| texts.iter().max_by_key(|text| text.len()))
    }
    let texts = ["a", "three", "of"].map(String::from);
    at_every_level(|level| assert!(std::ptr::eq(longest(&texts).unwrap(), &texts[1]), "at {level}"));
}

#[test]
fn panics_propagate_and_captured_values_are_dropped() {
    let token = Rc::new(());
    at_every_level(|level| {
        let (one, two) = (Rc::clone(&token), Rc::clone(&token));
        stopped(|| {
            simd::dispatch(move || {
                let _one = one;
                panic!("stop")
            })
        });
        stopped(|| {
            simd::dispatch_at(level, move || {
                drop(two);
                panic!("stop")
            })
            .unwrap()
        });
        assert_eq!(Rc::strong_count(&token), 1, "at {level}");
        assert_eq!(simd::dispatch(|| 6 * 7), 42, "later calls work");
    });
}

#[test]
fn dispatch_may_be_nested() {
    at_every_level(|level| {
        let inner = |outer: Level| {
            let inside = LEVELS.map(|inner| simd::dispatch_at(inner, || (outer, inner, Level::best())).ok());
            assert_eq!(inside, LEVELS.map(|inner| inner.is_available().then(|| (outer, inner, Level::best()))));
        };
        simd::dispatch(|| simd::dispatch(|| inner(level)));
        for outer in LEVELS {
            _ = simd::dispatch_at(outer, || inner(outer));
        }
    });
}

#[test]
fn a_closure_may_change_the_limit_for_what_follows() {
    alone(|| {
        let highest = Level::best();
        let mut a = counted_from((3, 4), 0);
        let lowest = simd::dispatch(|| {
            let lowest = simd::limit(Level::Baseline);
            simd_azip!((a in &mut a) *a += 1);
            lowest
        });
        assert_eq!(Level::best(), lowest);
        simd_azip!((a in &mut a) {
            simd::lift_limit();
            *a += 1;
        });
        assert_eq!(Level::best(), highest);
        assert_eq!(a, counted_from((3, 4), 2));
    });
}
