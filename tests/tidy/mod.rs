//! What holds for every source file, and no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The most lines of a source file.
const LINES_MAX: usize = 500;
/// The most characters of a line; a URL or a string may be longer.
const LINE_MAX: usize = 120;

/// A file of the project, by its path from the root.
struct File {
    path: String,
    text: String,
}

/// The names of all files that are tracked, or will be: what is ignored is not looked at.
/// Without git, all files outside of build directories.
fn names() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    match git.current_dir(root()).output() {
        Ok(output) if output.status.success() => {
            let names = String::from_utf8(output.stdout).unwrap();
            names.split_terminator('\0').map(PathBuf::from).collect()
        }
        _ => walk(root()),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a directory, without build directories and hidden ones.
fn walk(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with('.') || name == "target" {
            continue;
        }
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.strip_prefix(root()).unwrap().to_owned());
        }
    }
    files
}

/// All files that are text.
fn files() -> Vec<File> {
    let names = names().into_iter();
    let files = names.filter_map(|name| {
        // A file that was removed and is still tracked is no file.
        let octets = fs::read(root().join(&name)).ok()?;
        let text = String::from_utf8(octets).ok()?;
        let path = name.to_str()?.to_owned();
        Some(File { path, text })
    });
    let files: Vec<File> = files.collect();
    assert!(files.len() > 100, "the files are found");
    files
}

fn sources() -> Vec<File> {
    let mut files = files();
    files.retain(|file| file.path.ends_with(".rs"));
    files
}

/// No line of these files is one of which `wrong` says why; all that are, are told.
fn assert_no_line(files: &[File], wrong: impl Fn(&File, &str) -> Option<&'static str>) {
    let mut found = Vec::new();
    for file in files {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(why) = wrong(file, line) {
                found.push(format!("{}:{number}: {why}: {line}", file.path));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn source_files_are_short() {
    let lines = |file: &File| file.text.lines().count();
    let long = sources().into_iter().filter(|file| lines(file) > LINES_MAX);
    let long: Vec<String> = long
        .map(|file| format!("{}: {}", file.path, lines(&file)))
        .collect();
    assert_eq!(long, [""; 0], "more than {LINES_MAX} lines");
}

#[test]
fn lines_are_short_and_clean() {
    assert_no_line(&sources(), |_, line| {
        let text = line.contains("://") || line.contains('"');
        if line.chars().count() > LINE_MAX && !text {
            Some("too long")
        } else if line.contains('\t') {
            Some("a tab")
        } else {
            (line.trim_end() != line).then_some("white space at its end")
        }
    });
}

#[test]
fn texts_end_with_one_line_end_and_have_no_white_space_before_it() {
    let mut files = files();
    let ours = |path: &str| !path.starts_with("LICENSE") && !path.ends_with(".lock");
    files.retain(|file| ours(&file.path) && !file.text.is_empty());
    for file in &files {
        let (path, text) = (&file.path, &file.text);
        assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{path}");
        assert!(!text.contains('\r'), "{path}");
    }
    assert_no_line(&files, |file, line| {
        let trailing = line.trim_end() != line && !file.path.ends_with(".csv");
        trailing.then_some("white space at its end")
    });
}

#[test]
fn every_source_file_begins_with_what_it_is() {
    for file in sources() {
        assert!(file.text.starts_with("//! "), "{}", file.path);
    }
}

/// A word that must not stand in a source, cut so that it does not stand here.
fn word(parts: [&str; 2]) -> String {
    parts.concat()
}

#[test]
fn nothing_is_left_undone_or_left_out() {
    let words = [
        word(["todo", "!("]),
        word(["unimplemented", "!("]),
        word(["dbg", "!("]),
        word(["#[ig", "nore"]),
        word(["FIX", "ME"]),
        word(["XX", "X:"]),
        word(["TO", "DO:"]),
    ];
    assert_no_line(&sources(), |_, line| {
        words
            .iter()
            .any(|word| line.contains(word))
            .then_some("something is left undone")
    });
}

#[test]
fn messages_are_handed_over_and_not_thrown() {
    let thrown = word([".do_s", "end("]);
    let apart = [
        "actors/src/simulation/",
        "actors/src/supervision/",
        "actors/src/overseer",
        "actors/src/quarantine/",
        "actors/src/simulation/",
    ];
    assert_no_line(&sources(), |file, line| {
        let apart = apart.iter().any(|path| file.path.starts_with(path));
        (line.contains(&thrown) && !apart).then_some("is lost without a word if nobody is there")
    });
    assert_for_tests("simulation");
}

/// A module of the actors is compiled for tests only.
fn assert_for_tests(module: &str) {
    let actors = fs::read_to_string(root().join("actors/src/lib.rs")).unwrap();
    let declared = format!("#[cfg(test)]\nmod {module};");
    assert!(actors.contains(&declared), "{module} is for tests");
}

#[test]
fn what_counts_as_anonymized_without_a_key_is_read_from_a_prepared_dataset() {
    let restored = word(["AnonymizedFlow::re", "stored("]);
    let apart = |path: &str| {
        path == "src/protocol/src/restore.rs"
            || path == "actors/src/sample.rs"
            || path.starts_with("src/mediation/src/anonymize")
            || path.contains("tests")
    };
    assert_no_line(&sources(), |file, line| {
        (line.contains(&restored) && !apart(&file.path)).then_some("it goes around the key")
    });
    assert_for_tests("sample");
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    let words = [
        word(["/ro", "ot/"]),
        word(["/ho", "me/"]),
        word(["/wo", "rk/"]),
        word(["/t", "mp/"]),
        word(["/Us", "ers/"]),
    ];
    assert_no_line(&files(), |_, line| {
        words
            .iter()
            .any(|word| line.contains(word))
            .then_some("a path of one machine")
    });
}
