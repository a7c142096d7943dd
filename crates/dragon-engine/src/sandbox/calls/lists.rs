//! The lists.

use std::collections::BTreeMap;
use std::ffi::{c_int, c_long};

use libc::*;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::Work;

#[cfg(target_arch = "x86_64")]
const ARCH: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCH: TargetArch = TargetArch::aarch64;

/// Memory, without what makes it executable; see [`Rules::allow_with_conditions`].
const MEMORY: [c_long; 6] = [SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_mincore, SYS_membarrier];

/// Threads of this process, and the end of it.
const THREADS: [c_long; 16] = [
    SYS_futex,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_set_tid_address,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_getcpu,
    SYS_exit,
    SYS_exit_group,
    // What the kernel makes of a sleep that a stop has interrupted.
    SYS_restart_syscall,
    SYS_futex_waitv,
];

/// Its own signals; `abort` needs them.
const SIGNALS: [c_long; 4] = [SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack];

/// Questions about time, itself and the machine.
const QUESTIONS: [c_long; 19] = [
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_clock_nanosleep,
    SYS_nanosleep,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrusage,
    SYS_getpid,
    SYS_getppid,
    SYS_gettid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_uname,
    SYS_sysinfo,
    SYS_getrandom,
    SYS_getrlimit,
    SYS_getcwd,
];

/// Reading files that landlock lets it open, and the socket and the log that it was given.
const READING: [c_long; 21] = [
    SYS_close,
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_preadv2,
    SYS_write,
    SYS_writev,
    SYS_lseek,
    SYS_fstat,
    SYS_newfstatat,
    SYS_statx,
    SYS_faccessat,
    SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64,
    SYS_fadvise64,
    SYS_readahead,
    SYS_dup,
    SYS_ppoll,
    // An address cannot be given here; see `sendto`.
    SYS_recvfrom,
];

/// What only older architectures have: the same under other names, and the right to use a CPU's matrix unit.
#[cfg(target_arch = "x86_64")]
const OLDER: [c_long; 8] =
    [SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_getdents, SYS_poll, SYS_time, SYS_arch_prctl];
#[cfg(target_arch = "aarch64")]
const OLDER: [c_long; 0] = [];

/// What a conversion needs besides: landlock says which files it may write and remove.
#[cfg(target_arch = "x86_64")]
const CONVERTING: [c_long; 8] =
    [SYS_openat, SYS_open, SYS_unlinkat, SYS_unlink, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_pwrite64];
#[cfg(target_arch = "aarch64")]
const CONVERTING: [c_long; 6] =
    [SYS_openat, SYS_unlinkat, SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_pwrite64];

/// Flags that change a file, or make one. Whoever opens without them reads.
const WRITING: c_int = O_ACCMODE | O_CREAT | O_TRUNC;

/// Flags of `clone` that must be there, and those that must not: a thread, and no namespace of its own.
const THREAD: c_int = CLONE_THREAD;
const NAMESPACES: c_int =
    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;

/// Calls and the conditions under which the filter's action is taken.
struct Rules(BTreeMap<i64, Vec<SeccompRule>>);

/// The filter for this work, ready for the kernel.
pub(super) fn program(work: Work<'_>) -> Result<BpfProgram, BackendError> {
    match work {
        Work::Compute { .. } | Work::Convert { .. } => {
            let mut rules = Rules(BTreeMap::new());
            for calls in [&MEMORY[..], &THREADS, &SIGNALS, &QUESTIONS, &READING, &OLDER] {
                rules.add(calls);
            }
            rules.allow_with_conditions()?;
            if matches!(work, Work::Convert { .. }) {
                rules.add(&CONVERTING);
            }
            rules.compile(SeccompAction::Errno(ENOSYS.unsigned_abs()), SeccompAction::Allow)
        }
        Work::ComputeOnGpu => {
            let mut rules = Rules(BTreeMap::new());
            rules.forbid_the_network()?;
            rules.compile(SeccompAction::Allow, SeccompAction::Errno(EPERM.unsigned_abs()))
        }
    }
}

// === impl Rules ===

impl Rules {
    /// These calls, whatever their arguments.
    fn add(&mut self, calls: &[c_long]) {
        self.0.extend(calls.iter().map(|call| (*call, Vec::new())));
    }

    /// This call where all conditions hold, besides those cases that were added before.
    fn add_if<const N: usize>(
        &mut self,
        call: c_long,
        conditions: [Result<SeccompCondition, BackendError>; N],
    ) -> Result<(), BackendError> {
        let rule = SeccompRule::new(conditions.into_iter().collect::<Result<_, _>>()?)?;
        self.0.entry(call).or_default().push(rule);
        Ok(())
    }

    /// Calls that are harmless with some arguments only.
    fn allow_with_conditions(&mut self) -> Result<(), BackendError> {
        // Code cannot be written and then run.
        self.add_if(SYS_mmap, [lacks(2, PROT_EXEC)])?;
        self.add_if(SYS_mprotect, [lacks(2, PROT_EXEC)])?;
        // Also without landlock no file can be changed.
        self.add_if(SYS_openat, [lacks(2, WRITING)])?;
        #[cfg(target_arch = "x86_64")]
        self.add_if(SYS_open, [lacks(1, WRITING)])?;
        // A thread, not a process.
        self.add_if(SYS_clone, [masked(0, THREAD | NAMESPACES, THREAD)])?;
        // Signals to itself, as `abort` sends one. Nothing here ever forks, so the id stays.
        let own_id = rustix::process::getpid().as_raw_nonzero().get();
        self.add_if(SYS_tgkill, [is(0, own_id)])?;
        // Over the sockets that are connected already: what has no address goes nowhere else.
        self.add_if(SYS_sendto, [is_null(4)])?;
        // Limits can be read. To set them, its own or the server's, would undo what was set before.
        self.add_if(SYS_prlimit64, [is(0, 0), is_null(2)])?;
        self.add_if(SYS_prlimit64, [is(0, own_id), is_null(2)])?;
        // Its own cores, not the server's.
        self.add_if(SYS_sched_setaffinity, [is(0, 0)])?;
        // Names of threads and of memory, and a question. The signal at the parent's death, for one, stays set.
        for option in [PR_SET_NAME, PR_GET_NAME, PR_SET_VMA, PR_GET_DUMPABLE] {
            self.add_if(SYS_prctl, [is(0, option)])?;
        }
        // `F_SETOWN` could send signals.
        for command in [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL] {
            self.add_if(SYS_fcntl, [is(1, command)])?;
        }
        Ok(())
    }

    /// Sockets of other kinds than a driver uses: its service on this machine, and news of devices. The last makes
    /// sockets too.
    fn forbid_the_network(&mut self) -> Result<(), BackendError> {
        self.add_if(SYS_socket, [is_not(0, AF_UNIX), is_not(0, AF_NETLINK)])?;
        self.add(&[SYS_io_uring_setup]);
        Ok(())
    }

    fn compile(self, otherwise: SeccompAction, listed: SeccompAction) -> Result<BpfProgram, BackendError> {
        SeccompFilter::new(self.0, otherwise, listed, ARCH)?.try_into()
    }
}

fn condition(argument: u8, operator: SeccompCmpOp, value: c_int) -> Result<SeccompCondition, BackendError> {
    // The kernel looks at the lower half only, so that is what is compared.
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, u64::from(value.cast_unsigned()))
}

fn is(argument: u8, value: c_int) -> Result<SeccompCondition, BackendError> {
    condition(argument, SeccompCmpOp::Eq, value)
}

fn is_not(argument: u8, value: c_int) -> Result<SeccompCondition, BackendError> {
    condition(argument, SeccompCmpOp::Ne, value)
}

/// None of these flags is set.
fn lacks(argument: u8, flags: c_int) -> Result<SeccompCondition, BackendError> {
    masked(argument, flags, 0)
}

/// Of the flags in `mask`, exactly these are set.
fn masked(argument: u8, mask: c_int, flags: c_int) -> Result<SeccompCondition, BackendError> {
    condition(argument, SeccompCmpOp::MaskedEq(u64::from(mask.cast_unsigned())), flags)
}

/// A pointer: all of it counts.
fn is_null(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Instructions that a kernel takes (`BPF_MAXINSNS`).
    const MAX_INSTRUCTIONS: usize = 4096;

    #[test]
    fn every_work_has_a_program_that_a_kernel_takes() {
        let file = std::path::Path::new("/");
        let works =
            [Work::Compute { models: &[] }, Work::ComputeOnGpu, Work::Convert { source: file, target: file }];
        for work in works {
            let program = program(work).unwrap();
            assert!((1..MAX_INSTRUCTIONS).contains(&program.len()), "{work:?}: {}", program.len());
        }
    }

    /// What a thread may still do with these rules. Seccomp binds the thread that asks for it: the others stay free.
    fn restricted<T: Send + 'static>(work: Work<'static>, attempt: impl FnOnce() -> T + Send + 'static) -> T {
        let attempt = move || {
            seccompiler::apply_filter(&program(work).unwrap()).unwrap();
            attempt()
        };
        std::thread::spawn(attempt).join().unwrap()
    }

    #[test]
    fn also_without_landlock_no_file_can_be_changed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_path_buf();
        let (read, written) = restricted(Work::Compute { models: &[] }, move || {
            (std::fs::read(&path).map(drop), std::fs::write(&path, "x"))
        });
        read.unwrap();
        assert_eq!(written.unwrap_err().raw_os_error(), Some(ENOSYS));
    }

    #[test]
    fn on_a_gpu_only_the_network_is_forbidden() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_path_buf();
        let (written, local, network) = restricted(Work::ComputeOnGpu, move || {
            let local = std::os::unix::net::UnixDatagram::unbound().map(drop);
            let network =
                ["127.0.0.1:0", "[::1]:0"].map(|address| std::net::TcpListener::bind(address).map(drop));
            (std::fs::write(path, "x"), local, network)
        });
        written.unwrap();
        local.unwrap();
        for outcome in network {
            assert_eq!(outcome.unwrap_err().raw_os_error(), Some(EPERM));
        }
    }

    #[test]
    fn threads_start_and_signals_of_its_own_arrive() {
        let (thread, own, others) = restricted(Work::Compute { models: &[] }, || {
            let thread = std::thread::Builder::new().spawn(|| 7).map(|thread| thread.join().unwrap());
            let id = c_long::from(rustix::process::getpid().as_raw_nonzero().get());
            // SAFETY: plain numbers; the signal 0 is none.
            let signal = |process: c_long| unsafe { syscall(SYS_tgkill, process, id, 0) };
            (thread, signal(id), signal(1))
        });
        assert_eq!(thread.unwrap(), 7);
        // This thread group has a first thread of the same number, unless it has ended already.
        assert_eq!((own, others), (0, -1));
    }
}
