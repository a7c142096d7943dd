//! Whom a siege may harm: this machine, or what the user says is theirs. Engines only on this machine, and only those
//! that somebody named.

use std::fs;
use std::net::SocketAddr;

use rustix::process::{Pid, getpid, test_kill_process};

use super::mistake::NoKill;
use super::outline::{Choice, Outline};
use super::{Mistake, Mistakes};
use crate::target::is_loopback;

/// Where a target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On this machine: all of its addresses are loopback addresses.
    Loopback,
    /// Anywhere else.
    Elsewhere,
}

/// Whether the user says that they may attack it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// `--i-own-this-target`.
    Claimed,
    /// Not a word.
    Unclaimed,
}

/// Which processes are the target's engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engines {
    /// `--engine-pid`.
    Given(u32),
    /// The target's `/ready` names them; after every strike another one.
    Reported,
    /// Nobody said it.
    Unknown,
}

/// Whether a target with these addresses may be attacked. All of them count, whichever is connected to.
///
/// # Errors
///
/// It is not on this machine, and nobody claims it.
pub fn permit(url: &str, addresses: &[SocketAddr], ownership: Ownership) -> Result<Reach, Mistake> {
    match ownership {
        _ if is_loopback(addresses) => Ok(Reach::Loopback),
        Ownership::Claimed => Ok(Reach::Elsewhere),
        Ownership::Unclaimed => {
            let elsewhere = addresses.iter().filter(|address| !is_loopback(&[**address]));
            let addresses = elsewhere.map(SocketAddr::ip).collect();
            Err(Mistake::NotLoopback { url: url.to_owned(), addresses })
        }
    }
}

/// Whether engines can be killed.
///
/// # Errors
///
/// Why they cannot be.
pub fn may_strike(reach: Reach, engines: Engines) -> Result<(), NoKill> {
    match (reach, engines) {
        (Reach::Elsewhere, _) => Err(NoKill::NotLocal),
        (Reach::Loopback, Engines::Unknown) => Err(NoKill::UnknownEngine),
        (Reach::Loopback, Engines::Given(_) | Engines::Reported) => Ok(()),
    }
}

/// Keeps the strikes of a siege where they are possible. A preset loses them otherwise, with a note for the banner; who
/// named them is told that they cannot be.
///
/// # Errors
///
/// They were named and are not possible.
pub fn settle_strikes(
    outline: Outline,
    choice: &Choice,
    possible: Result<(), NoKill>,
) -> Result<(Outline, Option<String>), Mistake> {
    match (possible, choice) {
        _ if !outline.strikes() => Ok((outline, None)),
        (Ok(()), _) => Ok((outline, None)),
        (Err(why), Choice::Attacks(_)) => Err(Mistake::CannotKill(why)),
        (Err(why), Choice::Preset(_)) => {
            Ok((outline.without_strikes(), Some(format!("kill-engine is left out: {why}"))))
        }
    }
}

/// Whether this process may be killed: it exists, we may, and it is neither us nor whoever started us.
///
/// # Errors
///
/// Why not.
pub fn check_engine_pid(pid: u32) -> Result<(), Mistakes> {
    let refuse = |wrong| Err(Mistake::EnginePid { pid, wrong }.into());
    let raw = i32::try_from(pid).ok().filter(|raw| *raw > 1);
    let Some(process) = raw.and_then(Pid::from_raw) else {
        return refuse("that is no process that an engine can be");
    };
    if ancestry().contains(&pid) {
        return refuse("that is this siege itself, or a process that started it");
    }
    match test_kill_process(process) {
        Ok(()) => Ok(()),
        Err(rustix::io::Errno::PERM) => refuse("that process is not yours"),
        Err(_) => refuse("there is no such process"),
    }
}

/// This process, who started it, who started that one, and so on.
fn ancestry() -> Vec<u32> {
    let own = u32::try_from(getpid().as_raw_nonzero().get()).ok();
    std::iter::successors(own, |pid| parent(*pid)).collect()
}

/// Its parent, as Linux tells; `None` above the first process.
fn parent(pid: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok().filter(|parent| *parent > 0)
}

/// A process in words: `4242 (dragon-engine)`.
#[must_use]
pub fn describe_process(pid: u32) -> String {
    match fs::read_to_string(format!("/proc/{pid}/comm")) {
        Ok(name) => format!("{pid} ({})", name.trim_end().escape_debug()),
        Err(_) => pid.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::KILL_ENGINE;
    use crate::cli::attack_list::AttackList;
    use crate::cli::outline::Changes;
    use crate::cli::preset;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 80)).collect()
    }

    #[test]
    fn loopback_means_every_address_of_the_name() {
        for here in [&["127.0.0.1"][..], &["::1"], &["127.8.9.10", "::1"], &["::ffff:127.0.0.1"]] {
            let permitted = permit("http://box", &addresses(here), Ownership::Unclaimed);
            assert_eq!(permitted, Ok(Reach::Loopback), "{here:?}");
        }
        let elsewhere = [
            &["192.168.1.2"][..],
            &["127.0.0.1", "10.0.0.1"],
            &["::ffff:8.8.8.8"],
            &["0.0.0.0"],
            &["::"],
            &[],
        ];
        for elsewhere in elsewhere {
            let refused = permit("http://box", &addresses(elsewhere), Ownership::Unclaimed);
            assert!(matches!(refused, Err(Mistake::NotLoopback { .. })), "{elsewhere:?}");
        }
    }

    #[test]
    fn elsewhere_is_attacked_only_by_who_claims_it() {
        let mixed = addresses(&["127.0.0.1", "192.0.2.7"]);
        let mistake = permit("http://box", &mixed, Ownership::Unclaimed).unwrap_err();
        let elsewhere = vec!["192.0.2.7".parse().unwrap()];
        assert_eq!(mistake, Mistake::NotLoopback { url: "http://box".to_owned(), addresses: elsewhere });
        assert!(mistake.to_string().contains("--i-own-this-target"), "{mistake}");
        assert_eq!(permit("http://box", &mixed, Ownership::Claimed), Ok(Reach::Elsewhere));
        let here = addresses(&["127.0.0.1"]);
        assert_eq!(permit("http://box", &here, Ownership::Unclaimed), Ok(Reach::Loopback));
        assert_eq!(permit("http://box", &here, Ownership::Claimed), Ok(Reach::Loopback));
    }

    #[test]
    fn engines_are_struck_on_this_machine_alone_and_only_when_known() {
        for engines in [Engines::Given(4242), Engines::Reported] {
            assert_eq!(may_strike(Reach::Loopback, engines), Ok(()));
            assert_eq!(may_strike(Reach::Elsewhere, engines), Err(NoKill::NotLocal));
        }
        assert_eq!(may_strike(Reach::Loopback, Engines::Unknown), Err(NoKill::UnknownEngine));
    }

    #[test]
    fn a_preset_does_without_strikes_and_an_explicit_wish_is_refused() {
        let wish = Choice::Attacks(AttackList::parse(KILL_ENGINE, &[KILL_ENGINE]).unwrap());
        let outline = Outline::new(&wish, &Changes::default()).unwrap();
        let mistake = settle_strikes(outline, &wish, Err(NoKill::UnknownEngine)).unwrap_err();
        assert_eq!(mistake, Mistake::CannotKill(NoKill::UnknownEngine));

        let duel = Choice::Preset(&preset::DUEL);
        let outline = Outline::new(&duel, &Changes::default()).unwrap();
        let (kept, note) = settle_strikes(outline.clone(), &duel, Ok(())).unwrap();
        assert!(kept.strikes() && note.is_none());
        let (without, note) = settle_strikes(outline, &duel, Err(NoKill::NotLocal)).unwrap();
        assert!(!without.strikes());
        assert_eq!(without.phases.len(), preset::DUEL.steps.len());
        assert!(note.unwrap().starts_with("kill-engine is left out: "));
    }

    #[test]
    fn neither_this_process_nor_its_parents_nor_the_first_can_be_engines() {
        let own = std::process::id();
        let mut refused = vec![0, 1, own, u32::MAX];
        refused.extend(parent(own));
        for pid in refused {
            assert!(check_engine_pid(pid).is_err(), "{pid}");
        }
    }

    #[test]
    fn a_process_of_ours_can_be_an_engine_until_it_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let while_alive = check_engine_pid(child.id());
        let in_words = describe_process(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(while_alive, Ok(()));
        assert_eq!(in_words, format!("{} (sleep)", child.id()));
        assert!(check_engine_pid(child.id()).is_err());
    }
}
