//! No core file: what is in memory (original addresses, the key) must not be on a disk, or
//! with whoever collects cores, because the process came to a bad end.

use std::io;

use nix::sys::prctl::set_dumpable;
use nix::sys::resource::{Resource, setrlimit};

/// Has this process leave no core file from now on: its limit is 0, and it is not dumpable.
/// The limit alone does not keep the system from piping a core into a program, such as
/// systemd-coredump (core(5)).
///
/// A process that is not dumpable cannot be looked into by others of its user, by a debugger
/// say, and its files in `/proc` are root's (prctl(2), `PR_SET_DUMPABLE`).
///
/// # Errors
/// What the system says.
pub fn leave_none() -> io::Result<()> {
    setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
    set_dumpable(false)?;
    Ok(())
}
