//! What is built elsewhere at the same time, with the names and shapes of the modules of this crate that take its place.

pub(crate) mod target {
    use std::fmt;
    use std::net::{SocketAddr, ToSocketAddrs as _};

    use crate::plan::Target;

    pub(crate) fn is_loopback(addresses: &[SocketAddr]) -> bool {
        !addresses.is_empty() && addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
    }

    #[derive(Debug)]
    pub(crate) struct Place(String);

    #[derive(Debug, thiserror::Error)]
    #[error("{0:?} cannot be attacked")]
    pub(crate) struct PlaceError(String);

    impl Place {
        pub(crate) fn parse(url: &str) -> Result<Self, PlaceError> {
            let rest = url.strip_prefix("http://").ok_or_else(|| PlaceError(url.to_owned()))?;
            Ok(Self(if rest.ends_with(']') || !rest.contains(':') {
                format!("{rest}:80")
            } else {
                rest.to_owned()
            }))
        }

        pub(crate) fn resolve(&self) -> Result<Vec<SocketAddr>, PlaceError> {
            self.0.to_socket_addrs().map(Iterator::collect).map_err(|error| PlaceError(error.to_string()))
        }
    }

    impl fmt::Display for Place {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "http://{}", self.0)
        }
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "a seam")]
    pub(crate) struct Asked {
        pub(crate) model: Option<String>,
        pub(crate) api_key: Option<String>,
        pub(crate) name: Option<String>,
        pub(crate) engine_pid: Option<u32>,
    }

    #[derive(Debug)]
    pub(crate) struct Discovered {
        pub(crate) target: Target,
        pub(crate) server: Option<String>,
        pub(crate) has_engine: bool,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("{0} does not answer: nobody can ask yet")]
    pub(crate) struct DiscoverError(String);

    pub(crate) async fn discover(
        place: &Place,
        _addresses: &[SocketAddr],
        _asked: Asked,
    ) -> Result<Discovered, DiscoverError> {
        Err(DiscoverError(place.to_string()))
    }
}

pub(crate) mod attack {
    use crate::attack::Attack;

    pub(crate) fn all() -> Vec<Box<dyn Attack>> {
        Vec::new()
    }

    pub(crate) fn by_name(_name: &str) -> Option<Box<dyn Attack>> {
        None
    }
}

pub(crate) mod load {
    pub(crate) const MAX_OPEN: usize = 8_192;
}

pub(crate) mod run {
    use std::sync::Arc;

    use tokio::sync::mpsc::Sender;
    use tokio_util::sync::CancellationToken;

    use crate::observation::Observation;
    use crate::plan::Plan;

    pub(crate) const CHANNEL_LEN: usize = 4_096;

    #[derive(Debug)]
    pub(crate) struct Ended {
        pub(crate) was_interrupted: bool,
        pub(crate) n_questions: u64,
        pub(crate) n_right: u64,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("nobody can run it yet")]
    pub(crate) struct RunError;

    pub(crate) fn run_blocking(
        _plan: Arc<Plan>,
        _sender: Sender<Observation>,
        _stop: CancellationToken,
    ) -> Result<Ended, RunError> {
        Err(RunError)
    }
}

pub(crate) mod tally {
    use std::io;
    use std::time::Instant;

    use tokio::sync::mpsc::Receiver;

    use crate::observation::Observation;
    use crate::plan::Plan;
    use crate::snapshot::Board;

    #[derive(Debug)]
    pub(crate) struct Facts;

    #[derive(Debug)]
    pub(crate) struct Tally;

    impl Facts {
        pub(crate) fn of(_plan: &Plan, _began: Instant) -> Self {
            Self
        }
    }

    pub(crate) fn run(_receiver: Receiver<Observation>, _facts: Facts, _board: &Board) -> io::Result<Tally> {
        Ok(Tally)
    }
}

pub(crate) mod report {
    use std::path::{Path, PathBuf};
    use std::time::{Duration, SystemTime};

    use super::criteria::FailUnder;
    use super::tally::Tally;
    use crate::plan::Plan;
    use crate::report::model::{Calibration, Machine, Report, RulesFacts, TargetFacts, ToolCost, VERSION};

    #[derive(Debug)]
    pub(crate) struct Run {
        pub(crate) command: String,
        #[expect(dead_code, reason = "a seam")]
        pub(crate) began: SystemTime,
        #[expect(dead_code, reason = "a seam")]
        pub(crate) lasted: Duration,
        pub(crate) was_interrupted: bool,
        pub(crate) n_questions: u64,
        pub(crate) n_right: u64,
    }

    #[derive(Debug, thiserror::Error)]
    #[error("nobody can write or compare yet")]
    pub(crate) struct StoreError;

    pub(crate) fn assemble(plan: &Plan, run: Run, _tally: Tally, _rules: &FailUnder) -> Report {
        Report {
            version: VERSION,
            tool: String::new(),
            made_at: String::new(),
            command: run.command,
            seed: plan.seed,
            was_interrupted: run.was_interrupted,
            has_survived: false,
            target: TargetFacts {
                name: plan.target.name.clone(),
                url: plan.target.url.clone(),
                model: plan.target.model.clone(),
                server: None,
                is_labelled: false,
            },
            machine: Machine { cpu: String::new(), n_cores: 0, memory_bytes: 0 },
            rules: RulesFacts { deadline_ms: 0, grace_ms: 0, patience_ms: 0 },
            calibration: Calibration {
                n_questions: run.n_questions,
                n_right: run.n_right,
                ..Default::default()
            },
            phases: Vec::new(),
            cost: ToolCost::default(),
        }
    }

    pub(crate) fn write(_report: &Report, _path: &Path) -> Result<Vec<PathBuf>, StoreError> {
        Err(StoreError)
    }

    pub(crate) mod compare {
        use std::path::{Path, PathBuf};

        use super::StoreError;

        pub(crate) fn write(_paths: &[PathBuf], _out: &Path) -> Result<Vec<PathBuf>, StoreError> {
            Err(StoreError)
        }
    }
}

pub(crate) mod criteria {
    #[derive(Debug, Clone, Default, PartialEq)]
    pub struct FailUnder(Option<String>);

    #[derive(Debug, Clone, thiserror::Error)]
    #[error("`{0}` is not of the form key=percent, such as in_deadline=99.5")]
    pub struct FailUnderError(String);

    impl std::str::FromStr for FailUnder {
        type Err = FailUnderError;

        fn from_str(text: &str) -> Result<Self, FailUnderError> {
            if text.contains('=') {
                Ok(Self(Some(text.to_owned())))
            } else {
                Err(FailUnderError(text.to_owned()))
            }
        }
    }
}
