//! The phases of a siege before its target is known: from `--attack` or a preset, changed by flags.

use std::time::Duration;

use super::attack_list::{AttackList, Weighted};
use super::limits::{DEFAULT_MAX_SHOTS, MIN_PHASE_S};
use super::preset::Preset;
use super::{Mistake, Mistakes};
use crate::attack::{Attack, KILL_ENGINE};
use crate::plan::{Arrivals, Bound, Phase, Shape};
use crate::words;

/// Clients of a phase that `--attack` names, where nothing else is said.
const DEFAULT_CLIENTS: usize = 32;
/// How long such a phase lasts.
const DEFAULT_PHASE: Duration = Duration::from_secs(15);
/// Quiet measurement before them.
const DEFAULT_CALIBRATION: Duration = Duration::from_secs(20);
/// Rest between them.
const DEFAULT_REST: Duration = Duration::from_secs(1);
/// Strikes of such a siege: as many as on the day of the duel.
const DEFAULT_MAX_STRIKES: u64 = 1677;

/// A siege without a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// One after the other.
    pub phases: Vec<PhaseOutline>,
    /// Quiet measurement, at most.
    pub calibration: Duration,
    /// Between two phases.
    pub rest: Duration,
    /// Engines struck altogether, at most.
    pub max_strikes: u64,
}

/// A phase whose attacks are names.
#[derive(Debug, Clone, PartialEq)]
pub struct PhaseOutline {
    /// Shown in the report.
    pub name: String,
    /// At the same time.
    pub attacks: Vec<Weighted>,
    /// When shots are fired.
    pub shape: Shape,
    /// When it ends.
    pub bound: Bound,
}

/// Where the phases come from; decides what happens when engines cannot be killed.
#[derive(Debug, Clone)]
pub enum Choice {
    /// `--attack`: every attack was asked for.
    Attacks(AttackList),
    /// `--preset`: what is not possible is left out.
    Preset(&'static Preset),
}

/// What flags change.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// For every phase.
    pub load: Option<Load>,
    /// For every phase that can grow.
    pub ramp: Option<Duration>,
    /// Attack altogether.
    pub lasts: Option<Duration>,
    /// Shots altogether.
    pub n_shots: Option<u64>,
    /// Quiet measurement, at most.
    pub calibration: Option<Duration>,
}

/// How much is fired.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Load {
    /// `--connections`.
    Clients(usize),
    /// `--rate` and `--arrivals`.
    Rate {
        /// Shots a second.
        per_s: f64,
        /// How they are spread.
        arrivals: Arrivals,
    },
    /// `--burst` and `--every`.
    Bursts {
        /// Shots of a burst.
        n_at_once: usize,
        /// From one to the next.
        every: Duration,
    },
}

// === impl Outline ===

impl Outline {
    /// The phases that were chosen, with what flags change.
    ///
    /// # Errors
    ///
    /// Divided among the phases, time or count are too small.
    pub fn new(choice: &Choice, changes: &Changes) -> Result<Self, Mistakes> {
        let mut outline = match choice {
            Choice::Attacks(list) => Self::of_attacks(list),
            Choice::Preset(preset) => Self::of_preset(preset),
        };
        let mut mistakes = Mistakes::default();
        if let Some(calibration) = changes.calibration {
            outline.calibration = calibration;
        }
        for phase in &mut outline.phases {
            phase.shape = phase.changed_shape(changes);
        }
        if let Some(lasts) = changes.lasts {
            mistakes.take(outline.divide_time(lasts));
        }
        if let Some(n_shots) = changes.n_shots {
            mistakes.take(outline.divide_shots(n_shots));
        }
        if mistakes.is_empty() { Ok(outline) } else { Err(mistakes) }
    }

    fn of_attacks(list: &AttackList) -> Self {
        let phases = list.phases.iter().map(|attacks| PhaseOutline {
            name: attacks.iter().map(|attack| attack.name.as_str()).collect::<Vec<_>>().join(" + "),
            attacks: attacks.clone(),
            shape: Shape::Closed { n_clients: DEFAULT_CLIENTS, ramp: Duration::ZERO },
            bound: Bound { lasts: DEFAULT_PHASE, n_max: DEFAULT_MAX_SHOTS },
        });
        Self {
            phases: phases.collect(),
            calibration: DEFAULT_CALIBRATION,
            rest: DEFAULT_REST,
            max_strikes: DEFAULT_MAX_STRIKES,
        }
    }

    fn of_preset(preset: &Preset) -> Self {
        let weighted = |(name, weight): &(&str, u32)| Weighted { name: (*name).to_owned(), weight: *weight };
        let phases = preset.steps.iter().map(|step| PhaseOutline {
            name: step.name.to_owned(),
            attacks: step.attacks.iter().map(weighted).collect(),
            shape: step.shape,
            bound: Bound { lasts: step.lasts, n_max: DEFAULT_MAX_SHOTS },
        });
        Self {
            phases: phases.collect(),
            calibration: preset.calibration,
            rest: preset.rest,
            max_strikes: preset.max_strikes,
        }
    }

    /// Each phase keeps its part of the whole.
    fn divide_time(&mut self, lasts: Duration) -> Result<(), Mistake> {
        let before: Duration = self.phases.iter().map(|phase| phase.bound.lasts).sum();
        let factor = lasts.as_secs_f64() / before.as_secs_f64();
        for phase in &mut self.phases {
            phase.bound.lasts = phase.bound.lasts.mul_f64(factor);
        }
        match self.phases.iter().min_by_key(|phase| phase.bound.lasts) {
            Some(shortest) if shortest.bound.lasts.as_secs_f64() < MIN_PHASE_S => Err(Mistake::Share {
                flag: "--duration",
                wrong: format!(
                    "{} for {} leave {} for {:?}, and a phase takes at least {MIN_PHASE_S} s",
                    words::duration(lasts),
                    words::counted(count(self.phases.len()), "phase"),
                    words::duration(shortest.bound.lasts),
                    shortest.name,
                ),
            }),
            _ => Ok(()),
        }
    }

    /// All phases get the same; where it does not come out even, some get one more.
    fn divide_shots(&mut self, n_shots: u64) -> Result<(), Mistake> {
        let n_phases = count(self.phases.len());
        if n_shots < n_phases {
            let wrong = format!(
                "{} for {} leave none for some",
                words::counted(n_shots, "request"),
                words::counted(n_phases, "phase")
            );
            return Err(Mistake::Share { flag: "--count", wrong });
        }
        for (phase, idx) in self.phases.iter_mut().zip(0_u64..) {
            phase.bound.n_max = n_shots * (idx + 1) / n_phases - n_shots * idx / n_phases;
        }
        Ok(())
    }

    /// Whether engines are to be struck.
    #[must_use]
    pub fn strikes(&self) -> bool {
        self.phases.iter().any(PhaseOutline::strikes)
    }

    /// The same without strikes. A phase of nothing else goes altogether.
    #[must_use]
    pub fn without_strikes(mut self) -> Self {
        for phase in &mut self.phases {
            phase.attacks.retain(|attack| attack.name != KILL_ENGINE);
        }
        self.phases.retain(|phase| !phase.attacks.is_empty());
        self.max_strikes = 0;
        self
    }

    /// Connections that are open at once, at most, besides the bystander's; `max_open` is what shapes without clients
    /// keep to.
    #[must_use]
    pub fn max_connections(&self, max_open: u64) -> u64 {
        let connections = self.phases.iter().map(|phase| match phase.shape {
            Shape::Closed { n_clients, .. } => count(n_clients),
            Shape::Open { .. } | Shape::Bursts { .. } => max_open.min(phase.max_shots()),
        });
        connections.max().unwrap_or(0)
    }

    /// Puts attacks in the place of names. Names that do not exist are left out: they were looked up when they were read.
    #[must_use]
    pub fn phases(&self, attack: impl Fn(&str) -> Option<Box<dyn Attack>>) -> Vec<Phase> {
        let phases = self.phases.iter().map(|phase| {
            let named = |Weighted { name, weight }: &Weighted| Some((attack(name)?, *weight));
            let attacks = phase.attacks.iter().filter_map(named).collect();
            Phase { name: phase.name.clone(), attacks, shape: phase.shape, bound: phase.bound }
        });
        phases.collect()
    }
}

// === impl PhaseOutline ===

impl PhaseOutline {
    fn strikes(&self) -> bool {
        self.attacks.iter().any(|attack| attack.name == KILL_ENGINE)
    }

    /// Shots that its time and its count allow, where clients do not.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and what is too large for the type becomes its largest value"
    )]
    fn max_shots(&self) -> u64 {
        let lasts_s = self.bound.lasts.as_secs_f64();
        let n_shots = match self.shape {
            Shape::Closed { .. } => return self.bound.n_max,
            // Twice as many: arrivals at random are never exactly as many as the rate says.
            Shape::Open { rate_per_s, .. } => 2.0 * rate_per_s * lasts_s,
            Shape::Bursts { n_at_once, every } => n_at_once as f64 * (lasts_s / every.as_secs_f64() + 1.0),
        };
        self.bound.n_max.min((n_shots.ceil() as u64).saturating_add(1))
    }

    fn changed_shape(&self, changes: &Changes) -> Shape {
        // One after the other: several who strike would only wait for each other.
        if self.attacks.iter().all(|attack| attack.name == KILL_ENGINE) {
            return Shape::Closed { n_clients: 1, ramp: Duration::ZERO };
        }
        let ramp_before = match self.shape {
            Shape::Closed { ramp, .. } | Shape::Open { ramp, .. } => ramp,
            Shape::Bursts { .. } => Duration::ZERO,
        };
        let ramp = changes.ramp.unwrap_or(ramp_before);
        match (changes.load, self.shape) {
            (Some(Load::Clients(n_clients)), _) => Shape::Closed { n_clients, ramp },
            (Some(Load::Rate { per_s, arrivals }), _) => Shape::Open { rate_per_s: per_s, arrivals, ramp },
            (Some(Load::Bursts { n_at_once, every }), _) => Shape::Bursts { n_at_once, every },
            (None, Shape::Closed { n_clients, .. }) => Shape::Closed { n_clients, ramp },
            (None, Shape::Open { rate_per_s, arrivals, .. }) => Shape::Open { rate_per_s, arrivals, ramp },
            (None, bursts @ Shape::Bursts { .. }) => bursts,
        }
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cli::preset;

    const NAMES: [&str; 4] = ["overload", "malformed", "tyrolka", KILL_ENGINE];

    fn attacks(text: &str) -> Choice {
        Choice::Attacks(AttackList::parse(text, &NAMES).unwrap())
    }

    fn shapes(outline: &Outline) -> Vec<Shape> {
        outline.phases.iter().map(|phase| phase.shape).collect()
    }

    #[test]
    fn attacks_become_phases_of_the_same_length() {
        let outline = Outline::new(&attacks("overload*2+malformed,tyrolka"), &Changes::default()).unwrap();
        let names: Vec<&str> = outline.phases.iter().map(|phase| phase.name.as_str()).collect();
        assert_eq!(names, ["overload + malformed", "tyrolka"]);
        let expected = Shape::Closed { n_clients: DEFAULT_CLIENTS, ramp: Duration::ZERO };
        assert_eq!(shapes(&outline), [expected, expected]);
        assert!(outline.phases.iter().all(|phase| phase.bound.lasts == DEFAULT_PHASE));
    }

    #[test]
    fn flags_change_every_phase_of_a_preset_but_its_proportions() {
        let load = Load::Rate { per_s: 7.0, arrivals: Arrivals::Constant };
        let changes = Changes {
            load: Some(load),
            ramp: Some(Duration::from_secs(3)),
            lasts: Some(Duration::from_secs(90)),
            calibration: Some(Duration::from_secs(2)),
            ..Changes::default()
        };
        let outline = Outline::new(&Choice::Preset(&preset::DUEL), &changes).unwrap();
        let expected =
            Shape::Open { rate_per_s: 7.0, arrivals: Arrivals::Constant, ramp: Duration::from_secs(3) };
        assert!(shapes(&outline).iter().all(|shape| *shape == expected));
        let seconds: Vec<f64> = outline.phases.iter().map(|phase| phase.bound.lasts.as_secs_f64()).collect();
        assert_eq!(seconds, [12.0, 6.0, 6.0, 6.0, 60.0]);
        assert_eq!(outline.calibration, Duration::from_secs(2));
    }

    #[test]
    fn whoever_strikes_is_alone_whatever_flags_say() {
        let changes = Changes { load: Some(Load::Clients(490)), ..Changes::default() };
        let outline = Outline::new(&attacks("kill-engine,overload+kill-engine"), &changes).unwrap();
        let clients = |n_clients| Shape::Closed { n_clients, ramp: Duration::ZERO };
        assert_eq!(shapes(&outline), [clients(1), clients(490)]);
    }

    #[test]
    fn strikes_can_be_left_out_of_all_phases() {
        let outline =
            Outline::new(&attacks("kill-engine,overload+kill-engine"), &Changes::default()).unwrap();
        assert!(outline.strikes());
        let quiet = outline.without_strikes();
        assert!(!quiet.strikes());
        assert_eq!(quiet.phases.len(), 1);
        assert_eq!(quiet.max_strikes, 0);
    }

    #[test]
    fn time_and_count_that_leave_nothing_are_mistakes() {
        let changes = Changes { lasts: Some(Duration::from_secs(1)), n_shots: Some(2), ..Changes::default() };
        let mistakes = Outline::new(&attacks("overload,malformed,tyrolka"), &changes).unwrap_err();
        let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "--duration: 1 s for 3 phases leave 333 ms for \"overload\", and a phase takes at least 0.5 s",
                "--count: 2 requests for 3 phases leave none for some"
            ]
        );
    }

    #[test]
    fn the_most_connections_are_those_of_the_largest_phase() {
        let outline = Outline::new(&Choice::Preset(&preset::SOAK), &Changes::default()).unwrap();
        assert_eq!(outline.max_connections(1000), 1000);
        let few = Load::Rate { per_s: 2.0, arrivals: Arrivals::Poisson };
        let changes = Changes { load: Some(few), ..Changes::default() };
        let outline = Outline::new(&attacks("overload"), &changes).unwrap();
        assert_eq!(outline.max_connections(1000), 61);
        let outline = Outline::new(&Choice::Preset(&preset::DUEL), &Changes::default()).unwrap();
        assert_eq!(outline.max_connections(1000), 490);
    }

    proptest! {
        #[test]
        fn divided_time_and_count_are_those_that_were_given(
            n_phases in 1..20_usize, seconds in 10..10_000_u64, n_shots in 20..1_000_000_000_u64,
        ) {
            let list = vec!["overload"; n_phases].join(",");
            let changes = Changes {
                lasts: Some(Duration::from_secs(seconds)), n_shots: Some(n_shots), ..Changes::default()
            };
            let outline = Outline::new(&attacks(&list), &changes).unwrap();
            let n_max: u64 = outline.phases.iter().map(|phase| phase.bound.n_max).sum();
            let lasts: Duration = outline.phases.iter().map(|phase| phase.bound.lasts).sum();
            prop_assert_eq!(n_max, n_shots);
            prop_assert!((lasts.as_secs_f64() - Duration::from_secs(seconds).as_secs_f64()).abs() < 1e-3);
        }
    }
}
