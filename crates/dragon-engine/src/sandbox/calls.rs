//! Which system calls work: seccomp.
//!
//! On a CPU a list of what is *allowed*, because what computing needs is little and known, and what an attacker could
//! use is neither: a list of what is forbidden would have to grow with every kernel. The danger of such a list is
//! another C library, or the next one, that needs a call which is not on it. So every other call fails with `ENOSYS`,
//! as if this kernel were too old for it: libraries expect that and fall back to older calls (glibc starts threads
//! with `clone3`, whose flags no filter can see, and without it with `clone`). And whatever is missing shows in the
//! self-test at the start, not in somebody's request.
//!
//! It fails instead of killing, because a library that merely asks must not end the engine, and because then the test
//! of the sandbox can try everything in one process. Who already runs code of its own in here would know to avoid a
//! call that kills.
//!
//! For a GPU, whose drivers need more than anybody can list, what is *forbidden* is listed: the network.

#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
mod lists;

use std::io;

use super::{Wall, Work};

/// Restricts this thread, and every thread that it starts from now on, for good.
///
/// # Errors
/// What the system said, except that it has no such means.
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) fn restrict(work: Work<'_>) -> io::Result<Wall> {
    let program = lists::program(work).map_err(io::Error::other)?;
    match seccompiler::apply_filter(&program) {
        Ok(()) => Ok(Wall::Whole),
        // What a kernel says that was built without it.
        Err(seccompiler::Error::Seccomp(error))
            if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EINVAL)) =>
        {
            Ok(Wall::Missing)
        }
        Err(seccompiler::Error::Seccomp(error) | seccompiler::Error::Prctl(error)) => Err(error),
        Err(error) => Err(io::Error::other(error)),
    }
}

/// Elsewhere nobody has tried which calls are needed.
#[cfg(not(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64"))))]
pub(super) fn restrict(_work: Work<'_>) -> io::Result<Wall> {
    Ok(Wall::Missing)
}
