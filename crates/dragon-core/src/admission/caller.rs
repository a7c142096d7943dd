//! Who asks: the names and weights by which capacity is divided.

use std::num::NonZeroU32;

/// Someone with a share of the model: a configured client, or an address where none are configured. Opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayerId(pub u64);

/// One of those among whom a payer's share is divided equally. Opaque; known within its payer only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// How large a payer's share is beside those of the others, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Weight(NonZeroU32);

/// Who sends a request.
///
/// There are two levels, so that nobody gains by asking under many names: what the clients of a payer use is
/// charged to the payer as well, whichever of them it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Who has the share.
    pub payer: PayerId,
    /// Who within it.
    pub client: ClientId,
    /// The payer's weight.
    pub weight: Weight,
    /// Requests that the payer may have waiting; `None` where only the queue's own bound holds.
    pub max_waiting: Option<usize>,
}

// === impl Caller ===

impl Caller {
    /// Which client of which payer.
    pub fn who(&self) -> (PayerId, ClientId) {
        (self.payer, self.client)
    }
}

// === impl Weight ===

impl Weight {
    /// What a payer has whom nobody gave another.
    pub const NORMAL: Self = Self(match NonZeroU32::new(1000) {
        Some(thousandths) => thousandths,
        None => NonZeroU32::MIN,
    });

    /// A weight in thousandths: 2000 is twice the normal one.
    pub const fn from_thousandths(thousandths: NonZeroU32) -> Self {
        Self(thousandths)
    }

    /// In thousandths.
    pub const fn thousandths(self) -> NonZeroU32 {
        self.0
    }
}
