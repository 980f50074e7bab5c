//! How long each takes to be built, and how much memory, each in a process of its own.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use lookups::World;
use lookups::peers::{Maxmind, Set, Trie, table};

/// The argument that has one be built alone.
pub(crate) const ALONE: &str = "build";

/// All of them, one after the other.
pub(crate) fn compare(sizes: &[String]) {
    println!("| built | s | MiB | MiB at most, while it was built |");
    println!("|---|---|---|---|");
    for name in ["ours", "maxminddb", "prefix-trie", "iprange"] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(ALONE).arg(name).args(sizes);
        // Whatever is large goes back to the system when it is let go.
        command.env("MALLOC_MMAP_THRESHOLD_", "131072");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        print!("{}", String::from_utf8(output.stdout).unwrap());
    }
}

/// Builds one of them, and says what that took.
pub(crate) fn alone(name: &str, world: &World) {
    let before = memory("VmRSS:");
    let began = Instant::now();
    match name {
        "ours" => report(name, began, before, &table(world)),
        "maxminddb" => report(name, began, before, &Maxmind::new(world)),
        "prefix-trie" => report(name, began, before, &Trie::new(world)),
        _ => report(name, began, before, &Set::new(world)),
    }
}

fn report<T>(name: &str, began: Instant, before: f64, built: &T) {
    let seconds = began.elapsed().as_secs_f64();
    black_box(built);
    let (after, most) = (memory("VmRSS:") - before, memory("VmHWM:") - before);
    println!("| {name} | {seconds:.2} | {after:.0} | {most:.0} |");
}

/// What the kernel says of this process's memory, in MiB.
fn memory(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|text| text.strip_prefix(line));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<f64>().unwrap() / 1_024.0
}
