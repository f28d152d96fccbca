//! Describes the machine that runs the benchmarks. Each fact may be missing.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use ndarray_lockstep::simd::Level;

/// The value in the first line of `file` that begins with `key`, after the colon.
fn value_in(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// The output of a command.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

fn processor() -> Option<String> {
    value_in("/proc/cpuinfo", "model name").or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
}

/// The caches of the first processor: `L1d 32 KiB, L2 1 MiB, ..`.
fn caches() -> Option<String> {
    let cache = |index: usize| {
        let read = |name: &str| {
            let file = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
            fs::read_to_string(file).ok().map(|text| text.trim().to_owned())
        };
        let kind = match read("type")?.as_str() {
            "Data" => "d",
            "Instruction" => return Some(None),
            _ => "",
        };
        Some(Some(format!("L{}{kind} {}iB", read("level")?, read("size")?.replace('K', " K").replace('M', " M"))))
    };
    let caches: Vec<String> = (0..8).map_while(cache).flatten().collect();
    (!caches.is_empty()).then(|| caches.join(", "))
}

fn memory() -> Option<String> {
    let kib: f64 = value_in("/proc/meminfo", "MemTotal")?.split(' ').next()?.parse().ok()?;
    Some(format!("{:.1} GiB", kib / 1024.0 / 1024.0))
}

fn system() -> Option<String> {
    let release = fs::read_to_string("/etc/os-release").ok();
    let name = release.as_deref().and_then(|text| text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")));
    let kernel = output("uname", &["-sr"]);
    match (name, kernel) {
        (Some(name), Some(kernel)) => Some(format!("{}, {kernel}", name.trim_matches('"'))),
        (None, kernel) => kernel.or_else(|| Some(std::env::consts::OS.to_owned())),
        (Some(name), None) => Some(name.trim_matches('"').to_owned()),
    }
}

/// The setting for pages of 2 MiB: `madvise` leaves them to the programs that ask for them.
fn huge_pages() -> Option<String> {
    let setting = |name| {
        let settings = fs::read_to_string(format!("/sys/kernel/mm/transparent_hugepage/{name}")).ok()?;
        Some(settings.split_once('[')?.1.split_once(']')?.0.to_owned())
    };
    let (setting, shared) = (setting("enabled")?, setting("shmem_enabled").unwrap_or_default());
    let tunables = std::env::var("GLIBC_TUNABLES").ok().filter(|tunables| !tunables.is_empty());
    Some(format!(
        "transparent_hugepage: {setting}, shmem_enabled: {shared}; GLIBC_TUNABLES {}",
        tunables.as_deref().unwrap_or("not set")
    ))
}

/// The version of the crate, and the commit if there is one.
pub(crate) fn version() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let git =
        |arguments: &[&str]| output("git", &[&["-C", concat!(env!("CARGO_MANIFEST_DIR"), "/..")], arguments].concat());
    match git(&["rev-parse", "--short=12", "HEAD"]) {
        None => version.to_owned(),
        Some(commit) => {
            let changed = git(&["status", "--porcelain", "--untracked-files=no", "--", "src", "benches", "Cargo.toml"]);
            format!("{version}, commit {commit}{}", if changed.is_some() { " with changes" } else { "" })
        }
    }
}

/// Today's year, month and day in UTC. The algorithm is `civil_from_days` from Howard Hinnant's
/// <https://howardhinnant.github.io/date_algorithms.html>.
pub(crate) fn today() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The release of the compiler: `rustc 1.95.0`.
fn compiler() -> String {
    let version = output("rustc", &["--version"]).unwrap_or_else(|| "an unknown rustc".to_owned());
    version.split(" (").next().unwrap_or_default().to_owned()
}

/// One line, for the README.
pub(crate) fn summary() -> String {
    let processor = processor().unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let level = Level::best().to_string();
    let level = level.split(" of ").next().unwrap_or_default();
    format!("{processor} with {level}, {}, {}", compiler(), today())
}

/// Names and values.
pub(crate) fn facts() -> Vec<(String, String)> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let rustc = output("rustc", &["-vV"]).map(|text| text.lines().collect::<Vec<_>>().join("; "));
    let flags = std::env::var("RUSTFLAGS").ok().filter(|flags| !flags.is_empty());
    let facts = [
        ("Processor", processor()),
        ("Cores", Some(cores.to_string())),
        ("Caches", caches()),
        ("Memory", memory()),
        ("System", system()),
        ("Huge pages", huge_pages()),
        ("Instruction set that `simd_azip!` chooses", Some(Level::best().to_string())),
        ("Load before (1, 5, 15 minutes)", fs::read_to_string("/proc/loadavg").ok().map(|text| first_words(&text, 3))),
        ("rustc", rustc),
        (
            "Flags of Rust",
            Some(format!("`cargo bench`, opt-level 3; RUSTFLAGS {}", flags.as_deref().unwrap_or("not set"))),
        ),
        ("Date", Some(today())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn first_words(text: &str, count: usize) -> String {
    text.split_whitespace().take(count).collect::<Vec<_>>().join(", ")
}
