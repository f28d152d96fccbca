//! Numba, Halide, pystencils, Devito and SciPy: a Python process that runs `candidates.py`, which
//! describes the protocol.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::measure::{RawArray, numbers};

/// The number of a prepared loop, and the arrays after its first run unless they are shared.
type Prepared = (String, Option<Vec<Vec<f64>>>);

/// The process. It ends when this is dropped.
pub(crate) struct Python {
    child: Child,
    /// `None` after the process has received the command to end.
    commands: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    folder: TempDir,
}

impl Python {
    /// Starts the Python `program` with `threads` threads for its loops.
    /// `shared` is the file of the memory that it shares with this program.
    pub(crate) fn start(program: &Path, threads: usize, shared: Option<&str>) -> Result<Self, String> {
        let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "report", "candidates.py"].iter().collect();
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut child = Command::new(program)
            .arg("-B")
            .arg(script)
            .env("NUMBA_NUM_THREADS", threads.to_string())
            .env("HL_NUM_THREADS", threads.to_string())
            .env("OMP_NUM_THREADS", threads.to_string())
            .env("KMP_BLOCKTIME", "0")
            // The same page size as for Rust's arrays. By default numpy requests larger pages.
            .env("NUMPY_MADVISE_HUGEPAGE", "0")
            .env("SHARED_MEMORY", shared.unwrap_or_default())
            // pystencils and Devito compile there.
            .env("XDG_CACHE_HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let commands = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().ok_or("no answers")?);
        Ok(Python { child, commands, answers, folder })
    }

    /// The fields of the reply to a command.
    fn ask(&mut self, command: &[&str]) -> Result<Vec<String>, String> {
        let mut answer = String::new();
        let commands = self.commands.as_mut().ok_or("the process has ended")?;
        writeln!(commands, "{}", command.join("\t"))
            .and_then(|()| commands.flush())
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|error| error.to_string())?;
        let mut fields = answer.trim_end_matches('\n').split('\t').map(str::to_owned);
        match fields.next().as_deref() {
            Some("ok") => Ok(fields.collect()),
            Some("error") => Err(fields.collect::<Vec<_>>().join(" ")),
            _ => Err("the process has ended".to_owned()),
        }
    }

    /// Python and its libraries, with their versions.
    pub(crate) fn versions(&mut self) -> Result<Vec<String>, String> {
        self.ask(&["versions"])
    }

    /// Compiles a loop for some arrays and runs it once.
    pub(crate) fn prepare(&mut self, library: &str, name: &str, arrays: &[RawArray]) -> Result<Prepared, String> {
        let first = arrays.first().ok_or("a loop needs arrays")?;
        let joined =
            |numbers: Vec<usize>, between| numbers.iter().map(usize::to_string).collect::<Vec<_>>().join(between);
        let shape = joined(first.shape.clone(), "x");
        if let Some(offsets) = arrays.iter().map(|array| array.offset).collect() {
            let number = self.ask(&["prepare", library, name, &shape, first.kind, &joined(offsets, ","), "-"])?;
            return Ok((number.concat(), None));
        }
        let file = |name: String| self.folder.path().join(name);
        for (number, array) in arrays.iter().enumerate() {
            fs::write(file(number.to_string()), &array.bytes).map_err(|error| error.to_string())?;
        }
        let files: Vec<_> = (0..arrays.len()).map(|number| file(format!("{number}.after"))).collect();
        let distances = joined(arrays.iter().map(|array| array.distance).collect(), ",");
        let folder =
            self.folder.path().to_str().ok_or("the folder for temporary files has no name in Unicode")?.to_owned();
        let number = self.ask(&["prepare", library, name, &shape, first.kind, &distances, &folder])?;
        let read = |file: &PathBuf| fs::read(file).map(|bytes| numbers(first.kind, &bytes));
        let after = files.iter().map(read).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
        Ok((number.concat(), Some(after)))
    }

    /// The nanoseconds per call, over `calls` calls.
    pub(crate) fn time(&mut self, number: &str, calls: usize) -> Result<f64, String> {
        let total = self.ask(&["time", number, &calls.to_string()])?.concat();
        total.parse::<f64>().map(|total| total / calls as f64).map_err(|error| error.to_string())
    }

    /// Frees a prepared loop. If that fails, the next command fails too and reports it.
    pub(crate) fn forget(&mut self, number: &str) {
        _ = self.ask(&["forget", number]);
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // The process ends at the end of its input.
        self.commands = None;
        _ = self.child.wait();
    }
}
