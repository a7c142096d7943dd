//! What is built elsewhere at the same time, as small as this crate's command line needs it. Each module here has the
//! name and the shape of the one that takes its place.

pub(crate) mod target {
    use std::net::SocketAddr;

    pub(crate) fn is_loopback(addresses: &[SocketAddr]) -> bool {
        !addresses.is_empty() && addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
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
