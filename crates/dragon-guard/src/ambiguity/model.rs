//! Weights, as they are compiled in and as they are read from a file.
//!
//! ```text
//! "DRGAMB01"  largest wording weight f32 | largest structure weight f32 | bias f32
//! wording     N_WORDING bytes, signed; a byte b stands for the largest weight times sign(b) * (b/127)^2
//! structure   N_STRUCTURE bytes, likewise
//! calibration n u8, then n times (sum f32, share f32)
//! ```
//!
//! Numbers are little endian. Squares, because most weights are near zero and few are large.

use super::calibration::Calibration;
use super::features::{Features, N_STRUCTURE, N_WORDING, features};

const MAGIC: &[u8; 8] = b"DRGAMB01";

/// Weights of all features, and the curve that makes a probability of their sum.
#[derive(Debug, Clone)]
pub struct Model {
    wording: Table,
    structure: Table,
    bias: f32,
    calibration: Calibration,
}

/// Weights of one half.
#[derive(Debug, Clone)]
struct Table {
    largest: f32,
    steps: Vec<i8>,
}

/// Why bytes are no model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    /// Other first bytes than a model of this version has.
    NotAModel,
    /// Too few or too many bytes.
    Length,
    /// A weight that is no number.
    Weight,
    /// A calibration that does not rise.
    Calibration,
}

// === impl Model ===

impl Model {
    /// Of exact weights, which are rounded. Missing rows count as zero.
    pub fn new(wording: &[f32], structure: &[f32], bias: f32, calibration: Calibration) -> Self {
        Self {
            wording: Table::rounded(wording, N_WORDING),
            structure: Table::rounded(structure, N_STRUCTURE),
            bias,
            calibration,
        }
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// Where the bytes are anything else.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut rest = Rest(bytes.strip_prefix(MAGIC).ok_or(Malformed::NotAModel)?);
        let (wording, structure, bias) = (rest.number()?, rest.number()?, rest.number()?);
        if ![wording, structure, bias].into_iter().all(f32::is_finite) {
            return Err(Malformed::Weight);
        }
        let wording = Table { largest: wording, steps: rest.steps(N_WORDING)? };
        let structure = Table { largest: structure, steps: rest.steps(N_STRUCTURE)? };
        let n_knots = usize::from(rest.take(1)?[0]);
        let knots: Result<Vec<(f32, f32)>, Malformed> =
            (0..n_knots).map(|_| Ok((rest.number()?, rest.number()?))).collect();
        let calibration = Calibration::through(knots?).ok_or(Malformed::Calibration)?;
        if rest.0.is_empty() {
            Ok(Self { wording, structure, bias, calibration })
        } else {
            Err(Malformed::Length)
        }
    }

    /// As a file holds it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [self.wording.largest, self.structure.largest, self.bias] {
            bytes.extend(number.to_le_bytes());
        }
        for table in [&self.wording, &self.structure] {
            bytes.extend(table.steps.iter().map(|step| step.to_le_bytes()[0]));
        }
        let knots = self.calibration.knots();
        bytes.push(u8::try_from(knots.len()).unwrap_or(u8::MAX));
        for knot in knots {
            bytes.extend(knot.sum.to_le_bytes());
            bytes.extend(knot.share.to_le_bytes());
        }
        bytes
    }

    /// How likely it is that a prompt can be understood in more than one way, 0 to 1.
    pub fn score(&self, prompt: &str) -> f32 {
        self.calibration.probability(self.sum(&features(prompt)))
    }

    /// The sum of the weights of a prompt's features, before calibration.
    pub fn sum(&self, features: &Features) -> f32 {
        self.bias + self.wording.sum(&features.wording) + self.structure.sum(&features.structure)
    }

    /// The same weights under another curve.
    pub fn calibrated(self, calibration: Calibration) -> Self {
        Self { calibration, ..self }
    }
}

impl Default for Model {
    /// Knows nothing and says one half to everything.
    fn default() -> Self {
        Self::new(&[], &[], 0.0, Calibration::default())
    }
}

// === impl Table ===

impl Table {
    fn rounded(weights: &[f32], n_rows: usize) -> Self {
        let largest = weights.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        let mut steps: Vec<i8> = weights.iter().take(n_rows).map(|weight| step(*weight, largest)).collect();
        steps.resize(n_rows, 0);
        Self { largest, steps }
    }

    fn sum(&self, features: &[(u32, f32)]) -> f32 {
        let weight = |place: u32| {
            let step =
                usize::try_from(place).ok().and_then(|place| self.steps.get(place)).copied().unwrap_or(0);
            let part = f32::from(step) / 127.0;
            part * part.abs()
        };
        self.largest * features.iter().map(|(place, value)| weight(*place) * value).sum::<f32>()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "between -127 and 127 by construction")]
fn step(weight: f32, largest: f32) -> i8 {
    if largest > 0.0 { ((weight.abs() / largest).sqrt() * 127.0).round().copysign(weight) as i8 } else { 0 }
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

// === impl Rest ===

impl<'a> Rest<'a> {
    fn take(&mut self, n_bytes: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.0.split_at_checked(n_bytes).ok_or(Malformed::Length)?;
        self.0 = rest;
        Ok(taken)
    }

    fn number(&mut self) -> Result<f32, Malformed> {
        let bytes = self.take(size_of::<f32>())?;
        bytes.try_into().map(f32::from_le_bytes).map_err(|_| Malformed::Length)
    }

    fn steps(&mut self, n: usize) -> Result<Vec<i8>, Malformed> {
        Ok(self.take(n)?.iter().map(|byte| i8::from_le_bytes([*byte])).collect())
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAModel => "not a model of ambiguity of this version",
            Self::Length => "not as long as a model of ambiguity is",
            Self::Weight => "a weight is no number",
            Self::Calibration => "the calibration does not rise",
        })
    }
}

impl std::error::Error for Malformed {}
