//! Processes of this machine, as Linux tells of them under `/proc`. Elsewhere nothing is found.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::MetadataExt as _;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};

/// How the kernel writes the state of a socket that listens.
const LISTENING: &str = "0A";

/// A process that does not become another one when it ends and its number is given away.
#[derive(Debug)]
pub struct Handle {
    pid: Pid,
    #[cfg(target_os = "linux")]
    file: rustix::fd::OwnedFd,
}

/// The process that listens at this address, where it is one of our own user's. Of several that share the socket, as a
/// server and its children do, the one that the others come from.
#[must_use]
pub fn listening_at(address: SocketAddr) -> Option<u32> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
    let sockets: HashSet<String> = tables
        .iter()
        .filter_map(|table| fs::read_to_string(table).ok())
        .flat_map(|table| inodes_listening_at(&table, address))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    let holders: BTreeSet<u32> = own_processes().filter(|&pid| holds_one_of(pid, &sockets)).collect();
    let is_first = |pid: &u32| parent_of(*pid).is_none_or(|parent| !holders.contains(&parent));
    holders.iter().copied().find(is_first)
}

/// A process and all that come from it, the process itself first. Empty where it does not exist.
#[must_use]
pub fn tree_of(pid: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = processes().filter_map(|child| Some((child, parent_of(child)?))).collect();
    if !parents.iter().any(|(process, _)| *process == pid) {
        return Vec::new();
    }
    descendants(pid, &parents)
}

/// Whether it is there and has not ended (one that has ended and whose parent has not noticed is not there).
#[must_use]
#[cfg(target_os = "linux")]
pub fn is_alive(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
}

/// Whether it is there.
#[must_use]
#[cfg(not(target_os = "linux"))]
pub fn is_alive(pid: u32) -> bool {
    pid_of(pid).is_ok_and(|pid| rustix::process::test_kill_process(pid).is_ok())
}

// === impl Handle ===

impl Handle {
    /// The process that has this number now.
    ///
    /// # Errors
    /// Where there is none, or it has ended.
    pub fn open(pid: u32) -> io::Result<Self> {
        if !is_alive(pid) {
            return Err(Errno::SRCH.into());
        }
        let pid = pid_of(pid)?;
        Ok(Self {
            pid,
            #[cfg(target_os = "linux")]
            file: rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty())?,
        })
    }

    /// Its number.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// Where it is gone, or none of ours.
    pub fn send(&self, signal: Signal) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        let sent = rustix::process::pidfd_send_signal(&self.file, signal);
        #[cfg(not(target_os = "linux"))]
        let sent = rustix::process::kill_process(self.pid, signal);
        Ok(sent?)
    }
}

fn pid_of(pid: u32) -> io::Result<Pid> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.ok_or_else(|| Errno::SRCH.into())
}

fn descendants(pid: u32, parents: &[(u32, u32)]) -> Vec<u32> {
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        let children = parents.iter().filter(|(child, of)| *of == parent && *child != parent);
        let new: Vec<u32> =
            children.map(|(child, _)| *child).filter(|child| !found.contains(child)).collect();
        found.extend(new);
        next += 1;
    }
    found
}

/// Inodes of the sockets in a table of the kernel's that accept connections to this address.
fn inodes_listening_at(table: &str, address: SocketAddr) -> Vec<u64> {
    let wanted = address.ip().to_canonical();
    let sockets = table.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let &[_, local, _, state, _, _, _, _, _, inode, ..] = fields.as_slice() else { return None };
        let (ip, port) = socket_address(local)?;
        let accepts = port == address.port() && (ip == wanted || ip.is_unspecified());
        (state == LISTENING && accepts).then(|| inode.parse().ok())?
    });
    sockets.collect()
}

/// `0100007F:1F90` is 127.0.0.1:8080: words of 32 bits as they lie in memory.
fn socket_address(text: &str) -> Option<(IpAddr, u16)> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let words: Vec<u32> = (0..ip.len() / 8)
        .map(|n| u32::from_str_radix(ip.get(8 * n..8 * n + 8)?, 16).ok())
        .collect::<Option<_>>()?;
    let ip = match *words.as_slice() {
        [word] => IpAddr::V4(Ipv4Addr::from(word.to_ne_bytes())),
        [a, b, c, d] => {
            let mut bytes = [0; 16];
            for (into, word) in bytes.chunks_mut(4).zip([a, b, c, d]) {
                into.copy_from_slice(&word.to_ne_bytes());
            }
            IpAddr::V6(Ipv6Addr::from(bytes))
        }
        _ => return None,
    };
    Some((ip.to_canonical(), port))
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn own_processes() -> impl Iterator<Item = u32> {
    let own = rustix::process::geteuid().as_raw();
    processes()
        .filter(move |pid| fs::metadata(format!("/proc/{pid}")).is_ok_and(|metadata| metadata.uid() == own))
}

fn holds_one_of(pid: u32, sockets: &HashSet<String>) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
    let mut targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    targets.any(|target| target.to_str().is_some_and(|target| sockets.contains(target)))
}

fn parent_of(pid: u32) -> Option<u32> {
    stat(pid).map(|stat| stat.parent)
}

/// The beginning of a process's `stat`.
#[derive(Debug, PartialEq, Eq)]
struct Stat {
    state: char,
    parent: u32,
}

fn stat(pid: u32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name stands in parentheses and may hold any character, more parentheses too.
fn parse_stat(text: &str) -> Option<Stat> {
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    Some(Stat { state: fields.next()?.chars().next()?, parent: fields.next()?.parse().ok()? })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn whoever_listens_is_found() {
        for any in ["127.0.0.1:0", "0.0.0.0:0", "[::1]:0"] {
            let listener = TcpListener::bind(any).unwrap();
            let mut address = listener.local_addr().unwrap();
            if address.ip().is_unspecified() {
                address.set_ip(Ipv4Addr::LOCALHOST.into());
            }
            assert_eq!(listening_at(address), Some(std::process::id()), "{any}");
            drop(listener);
            assert_eq!(listening_at(address), None, "{any}");
        }
    }

    #[test]
    fn only_listeners_at_the_address_count() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
               0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 111 1 0 100\n\
               1: 0100007F:1F90 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 222 1 0 100\n\
               2: 0200007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1 0 100\n\
               3: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 444 1 0 100\n\
               4: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 555 1 0 100\n\
               5: broken\n";
        assert_eq!(inodes_listening_at(table, "127.0.0.1:8080".parse().unwrap()), [111, 444]);
    }

    #[test]
    fn a_process_has_its_children_and_theirs() {
        let parents = [(1, 0), (5, 1), (6, 5), (7, 5), (8, 7), (9, 1)];
        assert_eq!(descendants(5, &parents), [5, 6, 7, 8]);
        let mut child = std::process::Command::new("sleep").arg("10").spawn().unwrap();
        let (tree, is_alive_before) = (tree_of(std::process::id()), is_alive(child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(tree.first(), Some(&std::process::id()));
        assert!(tree.contains(&child.id()) && is_alive_before);
        assert!(!is_alive(child.id()) && tree_of(child.id()).is_empty());
    }

    #[test]
    fn a_handle_reaches_its_process_and_no_other() {
        let mut child = std::process::Command::new("sleep").arg("10").spawn().unwrap();
        let handle = Handle::open(child.id()).unwrap();
        assert_eq!(handle.pid(), child.id());
        handle.send(Signal::KILL).unwrap();
        child.wait().unwrap();
        assert!(handle.send(Signal::KILL).is_err());
        assert!(
            Handle::open(child.id()).is_err() && Handle::open(0).is_err() && Handle::open(u32::MAX).is_err()
        );
    }

    #[test]
    fn a_name_may_hold_anything() {
        let stat = parse_stat("4711 (a (b) 1 R) S 42 4711 0 0 -1 4194560");
        assert_eq!(stat, Some(Stat { state: 'S', parent: 42 }));
        assert_eq!(parse_stat("4711"), None);
    }
}
