//! What is tried.

use std::ffi::{c_int, c_long};
use std::fs::{self, File};
use std::io;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use libc::*;
use rustix::process::getppid;

use super::{Attempt, Expected};

/// Descriptors up to this number are looked at: more than an engine ever has.
const MAX_DESCRIPTOR: c_int = 1024;

/// Where every Linux has room for files of anybody.
const SHARED_FOLDERS: [&str; 2] = ["/tmp", "/dev/shm"];

/// Name of a file that is made and removed where that is possible.
const PROBE_FILE: &str = "dragon-engine-probe";

/// Everything.
pub(super) fn all(model: &Path) -> Vec<Attempt> {
    let mut attempts = controls(model);
    attempts.extend(files(model));
    attempts.extend(sockets());
    attempts.extend(processes());
    attempts.extend(kernel());
    attempts
}

fn works(name: &'static str, outcome: io::Result<()>) -> Attempt {
    Attempt { name, expected: Expected::Works, outcome }
}

fn denied(name: &'static str, outcome: io::Result<()>) -> Attempt {
    Attempt { name, expected: Expected::Denied, outcome }
}

/// What an engine has to be able to do.
fn controls(model: &Path) -> Vec<Attempt> {
    let thread =
        || std::thread::Builder::new().spawn(|| {})?.join().map_err(|_| io::Error::other("it ended"));
    let own_id = rustix::process::getpid().as_raw_nonzero().get();
    vec![
        works("read the model", File::open(model).map(drop)),
        works("read about the CPU", fs::read("/proc/cpuinfo").map(drop)),
        works("start a thread", thread()),
        works("keep its memory out of core dumps", core_dumps_are_off()),
        works("signal itself", call(SYS_tgkill, [own_id.into(), own_id.into(), 0, 0, 0])),
    ]
}

fn files(model: &Path) -> Vec<Attempt> {
    let write = |path: &Path| File::options().write(true).open(path).map(drop);
    let create = |folder: &str| {
        let path = Path::new(folder).join(PROBE_FILE);
        File::create_new(&path).and_then(|_| fs::remove_file(&path))
    };
    let [temporary, shared] = SHARED_FOLDERS;
    vec![
        denied("read the users", fs::read("/etc/passwd").map(drop)),
        denied("read a folder", fs::read_dir("/").map(drop)),
        denied("read its own environment", fs::read("/proc/self/environ").map(drop)),
        denied("read the server's environment", fs::read(server("environ")).map(drop)),
        denied("read the server's memory", File::open(server("mem")).map(drop)),
        denied(
            "read the model's folder",
            model.parent().map_or(Ok(()), |folder| fs::read_dir(folder).map(drop)),
        ),
        denied("write the model", write(model)),
        denied("make a file in /tmp", create(temporary)),
        denied("make a file in /dev/shm", create(shared)),
        denied("write a device", write(Path::new("/dev/null"))),
        denied("become less expendable", write(Path::new("/proc/self/oom_score_adj"))),
        denied("remove a file", fs::remove_file("/nowhere/a")),
        denied("make a folder", fs::create_dir("/nowhere/a")),
        denied("rename a file", fs::rename("/nowhere/a", "/nowhere/b")),
        denied("link to a file", std::os::unix::fs::symlink("/nowhere/a", "/nowhere/b")),
        denied("change another folder", std::env::set_current_dir("/nowhere")),
        denied("make a file in memory", call(SYS_memfd_create, [0; 5])),
    ]
}

fn sockets() -> Vec<Attempt> {
    let socket = |domain: c_int, kind: c_int| call(SYS_socket, [domain.into(), kind.into(), 0, 0, 0]);
    vec![
        denied("listen", TcpListener::bind("127.0.0.1:0").map(drop)),
        denied("a TCP socket", socket(AF_INET, SOCK_STREAM)),
        denied("a TCP socket over IPv6", socket(AF_INET6, SOCK_STREAM)),
        denied("a UDP socket", UdpSocket::bind("127.0.0.1:0").map(drop)),
        denied("a Unix socket", UnixDatagram::unbound().map(drop)),
        denied("a pair of sockets", UnixDatagram::pair().map(drop)),
        denied("a netlink socket", socket(AF_NETLINK, SOCK_RAW)),
        denied("a raw socket", socket(AF_PACKET, SOCK_RAW)),
        denied("connect its own socket elsewhere", call(SYS_connect, [0; 5])),
        denied("bind its own socket", call(SYS_bind, [0; 5])),
        denied("accept on its own socket", call(SYS_accept4, [0; 5])),
        denied("pass descriptors", call(SYS_sendmsg, [0; 5])),
        denied("take descriptors", call(SYS_recvmsg, [0; 5])),
        // To nobody, at an address that is none.
        denied("send to an address", call(SYS_sendto, [0, 0, 0, 0, 1])),
    ]
}

fn processes() -> Vec<Attempt> {
    let parent: c_long = getppid().map_or(1, |pid| pid.as_raw_nonzero().get().into());
    vec![
        denied("fork", fork()),
        denied("run a program", Command::new("/nowhere/program").spawn().map(drop)),
        denied("become a program", call(SYS_execve, [c"/nowhere/program".as_ptr() as c_long, 0, 0, 0, 0])),
        denied("become a program by descriptor", call(SYS_execveat, [-1, c"".as_ptr() as c_long, 0, 0, 0])),
        denied("signal the server", call(SYS_kill, [parent, 0, 0, 0, 0])),
        denied("signal a thread of the server", call(SYS_tgkill, [parent, parent, 0, 0, 0])),
        denied("signal a thread anywhere", call(SYS_tkill, [parent, 0, 0, 0, 0])),
        denied("hold the server", call(SYS_pidfd_open, [parent, 0, 0, 0, 0])),
        denied("trace the server", call(SYS_ptrace, [PTRACE_PEEKDATA.into(), parent, 0, 0, 0])),
        denied("read another's memory", call(SYS_process_vm_readv, [parent, 0, 0, 0, 0])),
        denied("write another's memory", call(SYS_process_vm_writev, [parent, 0, 0, 0, 0])),
        denied("limit the server", call(SYS_prlimit64, [parent, RLIMIT_CORE.into(), 1, 0, 0])),
        denied("move the server to another core", call(SYS_sched_setaffinity, [parent, 0, 0, 0, 0])),
        denied("slow the server down", call(SYS_setpriority, [-1, parent, 0, 0, 0])),
        denied("outlive the server", call(SYS_prctl, [PR_SET_PDEATHSIG.into(), -1, 0, 0, 0])),
        denied("allow core dumps", call(SYS_prctl, [PR_SET_DUMPABLE.into(), -1, 0, 0, 0])),
        denied("raise its own limits", call(SYS_setrlimit, [RLIMIT_CORE.into(), 0, 0, 0, 0])),
        denied("another process group", call(SYS_setpgid, [0, -1, 0, 0, 0])),
    ]
}

fn kernel() -> Vec<Attempt> {
    let memory: c_long = MAP_PRIVATE.into();
    let (readable, executable): (c_long, c_long) = (PROT_READ.into(), (PROT_READ | PROT_EXEC).into());
    vec![
        // Without MAP_ANONYMOUS and with a descriptor that is none: mapped by nobody.
        denied("map code", call(SYS_mmap, [0, 4096, executable, memory, -1])),
        denied("make memory executable", call(SYS_mprotect, [0, 0, executable, 0, 0])),
        works("make memory readable", call(SYS_mprotect, [0, 0, readable, 0, 0])),
        denied("mount", call(SYS_mount, [0; 5])),
        denied("another namespace", call(SYS_unshare, [c_long::from(CLONE_NEWUSER), 0, 0, 0, 0])),
        denied("enter a namespace", call(SYS_setns, [-1, 0, 0, 0, 0])),
        denied("another root", call(SYS_chroot, [0; 5])),
        denied("load a program into the kernel", call(SYS_bpf, [0; 5])),
        denied("keys of the kernel", call(SYS_keyctl, [-1, 0, 0, 0, 0])),
        denied("calls past the filter", call(SYS_io_uring_setup, [0; 5])),
        denied("handle page faults", call(SYS_userfaultfd, [-1, 0, 0, 0, 0])),
        denied("count events", call(SYS_perf_event_open, [0, 0, -1, -1, 0])),
        denied("control a device", call(SYS_ioctl, [0; 5])),
        denied("another personality", call(SYS_personality, [0xffff_ffff, 0, 0, 0, 0])),
        denied("shared memory", call(SYS_shmget, [0; 5])),
    ]
}

/// A file about the process that started this one.
fn server(file: &str) -> String {
    format!("/proc/{}/{file}", getppid().map_or(1, |pid| pid.as_raw_nonzero().get()))
}

fn core_dumps_are_off() -> io::Result<()> {
    match rustix::process::dumpable_behavior()? {
        rustix::process::DumpableBehavior::NotDumpable => Ok(()),
        _ => Err(io::Error::other("they are on")),
    }
}

fn fork() -> io::Result<()> {
    // SAFETY: the child, if there is one, does nothing but end, which is allowed also where other threads are.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => crate::exit::end_process(dragon_ipc::EngineExit::Internal),
        child => {
            // SAFETY: waits for the child that was just made; a null pointer asks for no status.
            unsafe { waitpid(child, std::ptr::null_mut(), 0) };
            Ok(())
        }
    }
}

fn call(number: c_long, arguments: [c_long; 5]) -> io::Result<()> {
    let [a, b, c, d, e] = arguments;
    // SAFETY: every pointer among the arguments is null, no address, or a static C string, so the kernel can write
    // nothing; what the call would do where it is allowed is nothing, as its caller chose the arguments for that.
    let returned = unsafe { syscall(number, a, b, c, d, e, 0) };
    if returned == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// All that is open, with what it is.
pub(super) fn descriptors() -> String {
    let kinds = (0..MAX_DESCRIPTOR).filter_map(|number| Some(format!("{number}={}", kind(number)?)));
    format!("open descriptors: {}", kinds.collect::<Vec<_>>().join(" "))
}

fn kind(descriptor: c_int) -> Option<&'static str> {
    // SAFETY: plain numbers, for which all zeros is a value.
    let mut stat: stat = unsafe { std::mem::zeroed() };
    // SAFETY: the second argument points to a `stat`, which the call fills in.
    if unsafe { fstat(descriptor, &raw mut stat) } != 0 {
        return None;
    }
    Some(match stat.st_mode & S_IFMT {
        S_IFSOCK => "socket",
        S_IFIFO => "pipe",
        S_IFREG => "file",
        S_IFCHR => "device",
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The probe can fail: without a sandbox, what anybody may do is not denied.
    #[test]
    fn without_a_sandbox_what_anybody_may_do_breaks_out() {
        let model = tempfile::NamedTempFile::new().unwrap();
        let attempts = all(model.path());
        for name in [
            "read the users",
            "write the model",
            "read the model's folder",
            "make a file in /tmp",
            "listen",
            "a TCP socket",
            "a UDP socket",
            "a Unix socket",
            "a pair of sockets",
            "fork",
            "run a program",
            "become a program",
            "signal the server",
            "map code",
            "make memory executable",
        ] {
            let attempt = attempts.iter().find(|attempt| attempt.name == name).unwrap();
            assert!(!attempt.held(), "{}", attempt.line());
        }
        // One thing that must be so in an engine is not so here.
        let controls = attempts.iter().filter(|attempt| attempt.expected == Expected::Works);
        let broken: Vec<_> = controls.filter(|attempt| !attempt.held()).map(|attempt| attempt.name).collect();
        assert_eq!(broken, ["keep its memory out of core dumps"]);
    }
}
