//! Memory holds original addresses and the key: no core file has them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::support::canary::traffic;
use crate::support::exporter::Exporter;
use crate::support::tool::tool;
use crate::support::{Launch, Scratch, Service};

/// Files of cores in the directory that the service runs in.
fn cores(scratch: &Scratch) -> Vec<String> {
    let entries = fs::read_dir(scratch.path()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.starts_with("core")).collect()
}

/// Whether the system writes cores into files of the directory that a process runs in.
fn cores_are_files() -> bool {
    let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    pattern.starts_with("core")
}

/// The limit of cores of a process, as the system tells it.
fn core_limits(process: &str) -> Vec<String> {
    let limits = fs::read_to_string(format!("/proc/{process}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max core file size"));
    let words = line.unwrap().split_whitespace().skip(4);
    words.take(2).map(str::to_owned).collect()
}

/// Takes the limit away, as only root may once it is 0; whether that was done.
fn allow_cores(service: &Service, test: &str) -> bool {
    let Some(prlimit) = tool("prlimit", test) else {
        return false;
    };
    let mut command = Command::new(prlimit);
    command.args([
        "--core=unlimited:unlimited",
        "--pid",
        &service.id().to_string(),
    ]);
    command.output().unwrap().status.success()
}

/// A service that has canaries in its memory.
fn start(launch: &Launch<'_>) -> Service {
    let service = launch.start();
    let exporter = Exporter::at(traffic::EXPORTERS[0], service.exporter_port());
    exporter.send(&traffic::v5(0));
    service
}

#[test]
fn an_aborted_service_leaves_no_core_file_unless_addresses_leave_anyway() {
    let test = "an_aborted_service_leaves_no_core_file_unless_addresses_leave_anyway";
    for (policy, leaves_one) in [("standard", false), ("none", true)] {
        let scratch = Scratch::new();
        let service = start(&Launch::new(&scratch, "data").set("anonymizer.policy", policy));
        let limits = core_limits(&service.id().to_string());
        if leaves_one {
            assert_eq!(limits, core_limits("self"));
        } else {
            assert_eq!(limits, ["0", "0"]);
        }
        // Even where the limit is taken away.
        let allowed = allow_cores(&service, test);
        let ended = service.end_by("ABRT");
        assert_eq!(ended.code, None, "{}", ended.log);
        if !leaves_one {
            assert_eq!(cores(&scratch), [""; 0]);
        } else if allowed && cores_are_files() {
            assert_eq!(cores(&scratch).len(), 1, "the other would leave one too");
        }
    }
}

#[test]
fn what_is_not_dumpable_belongs_to_root() {
    let scratch = Scratch::new();
    let mine = fs::metadata("/proc/self/environ").unwrap().uid();
    for (policy, owner) in [("standard", 0), ("none", mine)] {
        let service = start(&Launch::new(&scratch, policy).set("anonymizer.policy", policy));
        let files = fs::metadata(format!("/proc/{}/environ", service.id())).unwrap();
        assert_eq!(files.uid(), owner, "{policy}");
        assert_eq!(service.end().code, Some(0));
    }
}
